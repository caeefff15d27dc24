/** Chain details for a thread: every certificate as sent, who serves it, the trust verdict, and a missing PEM itself. */
import type { DetailSection } from './alert.ts';
import type { Certificate } from './certificate.ts';
import { rolesOf } from './chain.ts';
import { instantText, relativeText } from './instant-text.ts';
import { isRead } from './observation.ts';
import type { CertificateRevocation, Observation, ReadAddress } from './observation.ts';

const NAMES_SHOWN = 5;
const CERTIFICATES_SHOWN = 6;

export function chainDetails(observation: Observation, now: Date): DetailSection[] {
  const read = observation.addresses.filter(isRead);
  const told = new Set<string>();
  /** In full once; an address that serves the same names it, and how it stands there. */
  const section = (
    certificate: Certificate,
    role: string,
    revocation: readonly CertificateRevocation[],
  ): DetailSection => {
    const key = JSON.stringify([
      certificate.fingerprint,
      revocation.find((one) => one.fingerprint === certificate.fingerprint),
    ]);
    if (told.has(key)) return { title: `${role}: ${certificate.subject}, as above`, facts: [] };
    told.add(key);
    return certificateSection(certificate, role, now, revocation);
  };
  return groupByChain(read).flatMap((group) => {
    const first = group[0];
    if (first === undefined) return [];
    const roles = rolesOf(first);
    const shown = first.chain.slice(0, CERTIFICATES_SHOWN);
    return [
      connectionSection(group, first),
      ...shown.map((certificate, index) =>
        section(certificate, `${String(index + 1)}. ${roles[index] ?? 'extra'}`, first.revocation),
      ),
      ...(first.chain.length > shown.length
        ? [{ title: `and ${String(first.chain.length - shown.length)} more certificates`, facts: [] }]
        : []),
      ...first.missing.map(({ certificate, pem }) => ({
        ...section(certificate, 'missing intermediate: the server does not send it', []),
        code: pem,
      })),
    ];
  });
}

/** Addresses that serve the same chain with the same verdict are told once. */
function groupByChain(addresses: readonly ReadAddress[]): ReadAddress[][] {
  const groups = new Map<string, ReadAddress[]>();
  for (const address of addresses) {
    const key = JSON.stringify([
      address.chain.map((certificate) => certificate.fingerprint),
      address.tlsVersion,
      address.cipher,
      address.verdict,
      address.revocation.map(({ fingerprint, status }) => [fingerprint, status]),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), address]);
  }
  return [...groups.values()];
}

function connectionSection(group: readonly ReadAddress[], first: ReadAddress): DetailSection {
  const anchor = first.path?.at(-1);
  const trust = first.verdict.trusted
    ? `trusted${anchor === undefined ? '' : ` by ${anchor.subject}`}`
    : `not trusted: ${first.verdict.reason}`;
  return {
    title: group.map((address) => address.address).join(', '),
    facts: [
      {
        label: 'TLS',
        value: [first.tlsVersion ?? 'handshake not finished', first.cipher]
          .filter((part) => part !== undefined)
          .join(', '),
      },
      { label: 'Trust', value: trust },
    ],
  };
}

function certificateSection(
  certificate: Certificate,
  role: string,
  now: Date,
  revocation: readonly CertificateRevocation[],
): DetailSection {
  const judged = revocation.find(({ fingerprint }) => fingerprint === certificate.fingerprint);
  const names = certificate.subjectAltNames.map((name) => name.value);
  const more = names.length - NAMES_SHOWN;
  const key =
    certificate.keyBits === undefined ? certificate.keyType : `${certificate.keyType} ${String(certificate.keyBits)}`;
  return {
    title: `${role}: ${certificate.subject}`,
    facts: [
      { label: 'Issuer', value: certificate.issuer },
      ...(names.length === 0
        ? []
        : [
            {
              label: 'Names',
              value: names.slice(0, NAMES_SHOWN).join(', ') + (more > 0 ? ` and ${String(more)} more` : ''),
            },
          ]),
      {
        label: 'Valid',
        value: `${instantText(certificate.notBefore)} to ${instantText(certificate.notAfter)} (${certificate.notAfter < now ? 'ended' : 'ends'} ${relativeText(certificate.notAfter, now)})`,
      },
      { label: 'Key', value: `${key}, signed with ${certificate.signatureAlgorithm}` },
      ...(judged === undefined ? [] : [{ label: 'Revocation', value: `${judged.status}: ${judged.detail}` }]),
      { label: 'Serial', value: certificate.serialNumber },
      { label: 'Fingerprint', value: certificate.fingerprint },
    ],
  };
}
