import { AppError } from '../../core/errors.ts';

/**
 * Nothing that tells whether a certificate is revoked was to be had there, or what was is not to be relied on. Expected in
 * operation: becomes "unknown", never an outage. The message is plain words and may quote a peer.
 */
export class RevocationError extends AppError {
  readonly code = 'revocation';
}

/** CRLReason (RFC 5280, 5.3.1), in words. */
const REASONS: Readonly<Record<number, string>> = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
};

export function reasonName(code: number): string {
  return REASONS[code] ?? `reason ${code}`;
}
