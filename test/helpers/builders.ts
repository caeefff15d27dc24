/** Values of the domain for tests: whole and valid, with whatever the test is about laid over. */
import { createHash } from 'node:crypto';
import type { Certificate } from '../../src/core/certificate.ts';
import type { Finding } from '../../src/core/finding.ts';
import type { Incident, Member } from '../../src/core/incident.ts';
import { monitorLabel } from '../../src/core/monitor.ts';
import type { Endpoint, Monitor } from '../../src/core/monitor.ts';
import type { CertificateRevocation, FailedAddress, Observation, ReadAddress } from '../../src/core/observation.ts';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import type { Profile } from '../../src/core/profile.ts';

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

/** The instant at which these tests play. */
export const NOW = new Date('2026-11-24T12:00:00Z');

/** `days` after `NOW`; before it where negative. */
export function inDays(days: number): Date {
  return new Date(NOW.getTime() + days * DAY_MS);
}

/** 64 hex digits, the same for the same text. */
export function fingerprintOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A leaf for mail.example.com with 60 of its 90 days left. Those that differ in any field have different fingerprints. */
export function certificate(overrides: Partial<Certificate> = {}): Certificate {
  const fields = {
    subject: 'CN=mail.example.com',
    issuer: 'CN=Example Issuing CA, O=Example',
    serialNumber: '0a1b2c',
    notBefore: inDays(-30),
    notAfter: inDays(60),
    keyType: 'ec',
    keyBits: 256,
    signatureAlgorithm: 'ecdsa-with-SHA256',
    subjectAltNames: [{ type: 'dns', value: 'mail.example.com' }],
    isCa: false,
    isSelfSigned: false,
    issuerUrls: [],
    crlUrls: [],
    ocspUrls: [],
    mustStaple: false,
    ...overrides,
  } satisfies Omit<Certificate, 'fingerprint'>;
  return { fingerprint: fingerprintOf(JSON.stringify(fields)), ...fields, ...overrides };
}

/** The CA certificate that issued `certificate()`, five years from its end. */
export function intermediate(overrides: Partial<Certificate> = {}): Certificate {
  return certificate({
    subject: 'CN=Example Issuing CA, O=Example',
    issuer: 'CN=Example Root, O=Example',
    serialNumber: '02',
    notBefore: inDays(-400),
    notAfter: inDays(1825),
    subjectAltNames: [],
    isCa: true,
    ...overrides,
  });
}

/** The trust anchor of `intermediate()`, fifteen years from its end. */
export function root(overrides: Partial<Certificate> = {}): Certificate {
  return certificate({
    subject: 'CN=Example Root, O=Example',
    issuer: 'CN=Example Root, O=Example',
    serialNumber: '01',
    notBefore: inDays(-1000),
    notAfter: inDays(5475),
    subjectAltNames: [],
    isCa: true,
    isSelfSigned: true,
    ...overrides,
  });
}

/** A leaf issued by itself. */
export function selfSigned(overrides: Partial<Certificate> = {}): Certificate {
  return certificate({ issuer: 'CN=mail.example.com', isSelfSigned: true, ...overrides });
}

/** An address that sends leaf and intermediate, trusted. Give `chain` and `path` together. */
export function readAddress(overrides: Partial<ReadAddress> = {}): ReadAddress {
  return {
    address: '192.0.2.10',
    outcome: 'ok',
    durationMs: 12,
    tlsVersion: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    chain: [certificate(), intermediate()],
    chainRead: true,
    unreadable: 0,
    verdict: { trusted: true },
    path: [certificate(), intermediate(), root()],
    isPublic: false,
    missing: [],
    revocation: [],
    staple: 'none',
    failure: undefined,
    clientCertificateWanted: false,
    weakness: undefined,
    ...overrides,
  };
}

/** `certificate()` was revoked yesterday, says its CA's CRL. */
export function revocation(overrides: Partial<CertificateRevocation> = {}): CertificateRevocation {
  return {
    fingerprint: certificate().fingerprint,
    status: 'revoked',
    via: 'crl',
    revokedAt: inDays(-1),
    reason: undefined,
    detail: 'on the CRL (http://ca.example/1.crl)',
    ...overrides,
  };
}

/** An address that sends this leaf with its intermediate, trusted. */
export function servingLeaf(leaf: Certificate, overrides: Partial<ReadAddress> = {}): ReadAddress {
  return readAddress({ chain: [leaf, intermediate()], path: [leaf, intermediate(), root()], ...overrides });
}

/** An address that validation refuses with this code of OpenSSL's, without a path. */
export function untrustedAddress(
  code: string,
  chain: readonly Certificate[],
  overrides: Partial<ReadAddress> = {},
): ReadAddress {
  const verdict = { trusted: false, code, reason: code.toLowerCase().replaceAll('_', ' ') } as const;
  return readAddress({ chain, path: undefined, verdict, ...overrides });
}

export function failedAddress(overrides: Partial<FailedAddress> = {}): FailedAddress {
  return {
    address: '192.0.2.20',
    outcome: 'timeout',
    durationMs: 10_000,
    detail: 'no answer within 10 s',
    ...overrides,
  };
}

export function observation(overrides: Partial<Observation> = {}): Observation {
  return {
    checkedAt: NOW,
    resolution: { outcome: 'ok', notProbed: 0 },
    addresses: [readAddress()],
    ...overrides,
  };
}

/** smtp on mail.example.com:25. A changed `host` changes what is shown and asked for, unless given too. */
export function endpoint(overrides: Partial<Endpoint> = {}): Endpoint {
  const host = overrides.host ?? 'mail.example.com';
  return {
    host,
    displayHost: host,
    hostKind: 'name',
    port: 25,
    protocol: 'smtp',
    serverName: host,
    direct: false,
    ...overrides,
  };
}

export function profile(overrides: Partial<Profile> = {}): Profile {
  return { ...STANDARD_PROFILE, id: `CP${fingerprintOf('profile').slice(0, 32)}`, ...overrides };
}

export function finding(overrides: Partial<Finding> = {}): Finding {
  return {
    code: 'expiring',
    severity: 'warning',
    message: 'The certificate expires soon.',
    nextStep: 'Renew it.',
    addresses: ['192.0.2.10'],
    ...overrides,
  };
}

/** A healthy monitor of `endpoint()`, checked just now. */
export function monitor(overrides: Partial<Monitor> = {}): Monitor {
  return {
    id: `CM${fingerprintOf('monitor').slice(0, 32)}`,
    workspaceId: 'W1',
    name: undefined,
    endpoint: endpoint(),
    profileId: profile().id,
    groupIds: [],
    tags: [],
    addedInChannelId: 'channel-1',
    addedBy: 'console:local',
    createdAt: inDays(-1),
    paused: false,
    status: 'valid',
    daysLeft: 60,
    expiresAt: inDays(60),
    failing: undefined,
    lastCheckedAt: NOW,
    nextCheckAt: new Date(NOW.getTime() + HOUR_MS),
    served: undefined,
    ...overrides,
  };
}

/** One monitor's place in an incident, since yesterday. */
export function member(overrides: Partial<Member> = {}): Member {
  return {
    monitorId: monitor().id,
    label: monitorLabel(monitor()),
    address: '192.0.2.10',
    code: 'expiring',
    severity: 'warning',
    message: 'The certificate expires soon.',
    nextStep: 'Renew it.',
    since: inDays(-1),
    ...overrides,
  };
}

/** Open since yesterday, about `certificate()`, with one member. */
export function incident(overrides: Partial<Incident> = {}): Incident {
  return {
    id: `CI${fingerprintOf('incident').slice(0, 32)}`,
    workspaceId: 'W1',
    number: 17,
    key: { kind: 'certificate', subject: certificate().fingerprint },
    severity: 'warning',
    openedAt: inDays(-1),
    risenAt: overrides.openedAt ?? inDays(-1),
    reopened: 0,
    reopenedAt: undefined,
    wellSince: undefined,
    remindedAt: undefined,
    escalated: [],
    acknowledged: undefined,
    silence: undefined,
    closed: undefined,
    members: [member()],
    lastMembers: [],
    version: 0,
    ...overrides,
  };
}
