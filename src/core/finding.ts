/** `critical` and `warning` open incidents; `info` is only shown. */
export type Severity = 'critical' | 'warning' | 'info';

export const SEVERITY_RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** `info` opens no incident: it shows where somebody looks. */
export function severityIsTold(severity: Severity): boolean {
  return severity !== 'info';
}

export function worst(severities: readonly Severity[]): Severity | undefined {
  return severities.reduce<Severity | undefined>(
    (most, severity) => (most === undefined || SEVERITY_RANK[severity] > SEVERITY_RANK[most] ? severity : most),
    undefined,
  );
}

/** Every finding code, with its default severity, by rule (design, section 4). */
export const RULES = {
  expiration: { expired: 'critical', expiring: 'warning', 'not-yet-valid': 'critical' },
  name: { 'name-mismatch': 'critical' },
  trust: { 'self-signed': 'critical', untrusted: 'critical' },
  chain: {
    'incomplete-chain': 'critical',
    'invalid-chain': 'critical',
    'wrong-order': 'warning',
    'untidy-chain': 'info',
    'certificate-unreadable': 'warning',
  },
  strength: {
    'weak-key': 'warning',
    'weak-signature': 'warning',
    'weak-protocol': 'warning',
    'lifetime-too-long': 'info',
  },
  revocation: { revoked: 'critical', 'staple-missing': 'warning', 'revocation-unknown': 'info' },
  connection: {
    'dns-failure': 'critical',
    unreachable: 'critical',
    refused: 'critical',
    reset: 'critical',
    timeout: 'critical',
    'tls-not-offered': 'critical',
    'temporarily-refused': 'critical',
    'plaintext-injection': 'critical',
    'handshake-failed': 'critical',
    'protocol-error': 'critical',
    'address-refused': 'critical',
    'no-route': 'info',
    'addresses-capped': 'info',
    'client-certificate-wanted': 'info',
  },
  change: { 'certificate-changed': 'warning', 'addresses-differ': 'warning' },
  caa: { 'caa-mismatch': 'info' },
  certmon: { 'not-checked': 'warning' },
} as const satisfies Record<string, Readonly<Record<string, Severity>>>;

export type Rule = keyof typeof RULES;
export type FindingCode = { [R in Rule]: keyof (typeof RULES)[R] }[Rule];

/** Codes that say we could not look: the address was not reached, or no leaf could be read there. */
export const CONNECTION_CODES = [
  'dns-failure',
  'unreachable',
  'refused',
  'reset',
  'timeout',
  'tls-not-offered',
  'temporarily-refused',
  'plaintext-injection',
  'handshake-failed',
  'protocol-error',
  'address-refused',
  'no-route',
] as const satisfies readonly FindingCode[];

export type ConnectionCode = (typeof CONNECTION_CODES)[number];

export function isConnectionCode(code: FindingCode): code is ConnectionCode {
  return (CONNECTION_CODES as readonly FindingCode[]).includes(code);
}

export const DEFAULT_SEVERITY: Readonly<Record<FindingCode, Severity>> = Object.assign(
  {},
  ...Object.values(RULES),
) as Record<FindingCode, Severity>;

/** One fact wrong, or worth knowing, about one check. `message` and `nextStep` may hold a peer's text: hostile. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What is wrong, on which certificate: one sentence. */
  readonly message: string;
  /** What to do next: one sentence a mail admin understands. */
  readonly nextStep: string;
  /** Where it was seen; empty for a name that gave no address. */
  readonly addresses: readonly string[];
  /** The certificate at fault, where one is. */
  readonly fingerprint?: string;
  /** `expiring` only: the deepest threshold crossed, in days, before scaling. */
  readonly thresholdDays?: number;
}
