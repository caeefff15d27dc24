import { createHash } from 'node:crypto';
import type { Finding } from '../core/finding.ts';
import { isRead } from '../core/observation.ts';
import type { Observation } from '../core/observation.ts';

/** Equal for results that say the same: no instants, no durations, no peer's wording. */
export function digestOf(observation: Observation, findings: readonly Finding[]): string {
  const fingerprints = (certificates: readonly { fingerprint: string }[] | undefined) =>
    certificates?.map((certificate) => certificate.fingerprint);
  const said = [
    observation.resolution.outcome === 'ok' ? observation.resolution.notProbed : observation.resolution.outcome,
    observation.addresses.map((address) =>
      isRead(address)
        ? [
            address.address,
            address.tlsVersion,
            fingerprints(address.chain),
            address.unreadable,
            address.verdict.trusted || address.verdict.code,
            fingerprints(address.path),
            address.missing.map((one) => one.certificate.fingerprint),
            // Not by whom it is known: some servers staple only now and then.
            address.revocation.map(({ fingerprint, status, reason }) => [fingerprint, status, reason]),
            address.failure?.code,
            address.clientCertificateWanted,
            address.weakness !== undefined,
          ]
        : [address.address, address.outcome],
    ),
    findings.map(({ code, severity, addresses, fingerprint, thresholdDays }) => [
      code,
      severity,
      addresses,
      fingerprint,
      thresholdDays,
    ]),
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
