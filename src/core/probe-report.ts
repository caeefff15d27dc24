import type { Assessment } from './assess.ts';
import type { Certificate, CertificateRole, SubjectAltName } from './certificate.ts';
import { rolesOf } from './chain.ts';
import { isConnectionCode } from './finding.ts';
import type { ConnectionCode, Finding, FindingCode, Severity } from './finding.ts';
import type { Endpoint, MonitorStatus } from './monitor.ts';
import { UNVERIFIED, isRead } from './observation.ts';
import type { AddressObservation, Observation, ReadAddress } from './observation.ts';

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

export function toProbeReport(
  endpoint: Endpoint,
  observation: Observation,
  assessment: Pick<Assessment, 'findings' | 'daysLeft'>,
  status: MonitorStatus,
): ProbeReport {
  const asksForNoName = endpoint.hostKind !== 'name' && endpoint.serverName === endpoint.host;
  return {
    host: endpoint.host,
    port: endpoint.port,
    protocol: endpoint.protocol,
    // SNI is never sent for an IP literal (RFC 6066, 3).
    serverName: asksForNoName ? null : endpoint.serverName,
    checkedAt: observation.checkedAt.toISOString(),
    status,
    daysLeft: assessment.daysLeft ?? null,
    addresses: observation.addresses.map(toAddress),
    findings: assessment.findings.map(({ code, severity, message, nextStep, addresses, fingerprint }) => ({
      code,
      severity,
      message,
      nextStep,
      addresses,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    })),
  };
}

function toAddress(address: AddressObservation): ProbeReport['addresses'][number] {
  if (!isRead(address)) {
    const nothing = { tlsVersion: null, cipher: null, trusted: null, path: null, missing: [], chain: [] };
    return { address: address.address, outcome: address.outcome, durationMs: address.durationMs, ...nothing };
  }
  const roles = rolesOf(address);
  return {
    address: address.address,
    outcome: 'ok',
    tlsVersion: address.tlsVersion ?? null,
    cipher: address.cipher ?? null,
    durationMs: address.durationMs,
    trusted: trustOf(address.verdict),
    path: address.path?.map(({ fingerprint }) => fingerprint) ?? null,
    missing: address.missing.map(({ pem }) => pem),
    chain: address.chain.map((certificate, index) => toSent(certificate, roles[index] ?? 'extra')),
  };
}

/** Unknown where OpenSSL did not come to a verdict. */
function trustOf(verdict: ReadAddress['verdict']): boolean | null {
  return !verdict.trusted && verdict.code === UNVERIFIED ? null : verdict.trusted;
}

function toSent(certificate: Certificate, role: CertificateRole): ProbeReport['addresses'][number]['chain'][number] {
  return {
    role,
    subject: certificate.subject,
    issuer: certificate.issuer,
    serialNumber: certificate.serialNumber,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    fingerprint: certificate.fingerprint,
    keyType: certificate.keyType,
    keyBits: certificate.keyBits ?? null,
    signatureAlgorithm: certificate.signatureAlgorithm,
    subjectAltNames: certificate.subjectAltNames.map(({ type, value }) => `${SAN_PREFIX[type]}:${value}`),
  };
}

/** As OpenSSL writes them. */
const SAN_PREFIX: Readonly<Record<SubjectAltName['type'], string>> = {
  dns: 'DNS',
  ip: 'IP',
  uri: 'URI',
  email: 'email',
  other: 'othername',
};

/**
 * As monitoring plugins exit (Monitoring Plugins Development Guidelines, "Plugin Return Codes"): 0 well, 1 warning,
 * 2 critical, 3 could not be asked, which is every address refused by policy.
 */
export function exitCode(findings: readonly Pick<Finding, 'code' | 'severity'>[]): 0 | 1 | 2 | 3 {
  const connection = findings.filter(({ code }) => isConnectionCode(code));
  // A refused address is critical only where no address answers.
  const wasNeverAsked =
    connection.length > 0 &&
    connection.every(({ code, severity }) => code === 'address-refused' && severity === 'critical');
  if (wasNeverAsked) return 3;
  if (findings.some(({ severity }) => severity === 'critical')) return 2;
  return findings.some(({ severity }) => severity === 'warning') ? 1 : 0;
}
