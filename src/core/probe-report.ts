import type { CertificateRole } from './certificate.ts';
import type { ConnectionCode, FindingCode, Severity } from './finding.ts';
import type { MonitorStatus } from './monitor.ts';

/** One probe as `certmon probe --json` prints it. Other programs rely on every name here. */
export interface ProbeReport {
  readonly host: string;
  readonly port: number;
  readonly protocol: string;
  readonly serverName: string | null;
  readonly checkedAt: string;
  readonly status: MonitorStatus;
  readonly daysLeft: number | null;
  readonly addresses: readonly {
    readonly address: string;
    readonly outcome: 'ok' | ConnectionCode;
    readonly tlsVersion: string | null;
    readonly cipher: string | null;
    readonly durationMs: number;
    readonly trusted: boolean | null;
    readonly path: readonly string[] | null;
    readonly missing: readonly string[];
    readonly chain: readonly {
      readonly role: CertificateRole;
      readonly subject: string;
      readonly issuer: string;
      readonly serialNumber: string;
      readonly notBefore: string;
      readonly notAfter: string;
      readonly fingerprint: string;
      readonly keyType: string;
      readonly keyBits: number | null;
      readonly signatureAlgorithm: string;
      readonly subjectAltNames: readonly string[];
    }[];
  }[];
  readonly findings: readonly {
    readonly code: FindingCode;
    readonly severity: Severity;
    readonly message: string;
    readonly nextStep: string;
    readonly addresses: readonly string[];
    readonly fingerprint?: string;
  }[];
}
