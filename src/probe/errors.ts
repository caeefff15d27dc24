import { AppError } from '../core/errors.ts';
import type { ConnectionCode } from '../core/finding.ts';

/**
 * The peer, or the path to it, did not let us see a leaf. Expected in operation: becomes a finding, never a crash. The
 * message may quote the peer: hostile text, one line, bounded.
 */
export class ProbeError extends AppError {
  readonly code: ConnectionCode;

  constructor(code: ConnectionCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** It was never connected to: whoever tries at the same time fares the same, whatever name they ask for. */
export class UnreachedError extends ProbeError {}

/** A CA file or PEM that cannot be used: told to the person who gave it, before anything is probed. */
export class CaError extends AppError {
  readonly code = 'ca';
}

/** The system's error code of `error` (`ECONNREFUSED`), or OpenSSL's (`ERR_SSL_…`); empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
