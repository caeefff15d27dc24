/**
 * What a finding says: one sentence on what is wrong, and one on what to do next. On-call people read these at night, so
 * each names the host, the certificate and the date, and what to install or to run.
 *
 * Names come from certificates and reasons from peers: both are hostile, and cut.
 */
import { caaNextStep, caaSentence } from './caa-text.ts';
import { certificateLabel } from './certificate.ts';
import type { Certificate, CertificateRole } from './certificate.ts';
import { changeNextStep, changeSentence } from './change-text.ts';
import type { Untidiness } from './chain.ts';
import { connectionNextStep, connectionSentence } from './connection-text.ts';
import { daysUntilExpiry, thresholdText } from './expiry.ts';
import type { Finding } from './finding.ts';
import { instantText, spanText } from './instant-text.ts';
import { lifetimeRuleAt, validityDays } from './lifetime.ts';
import { hostAndPort } from './monitor.ts';
import type { Endpoint } from './monitor.ts';
import { cut, quote } from './quote.ts';
import type { JudgedRevocation, Sighting } from './sighting.ts';

export interface FindingContext {
  readonly endpoint: Endpoint;
  readonly now: Date;
}

/** Room for one name or reason of somebody else's. */
const NAME_LIMIT = 80;
const REASON_LIMIT = 160;
/** More of a kind are counted, not listed. */
const LISTED = 3;

/** What is wrong: one sentence, the same for the same facts. */
export function sentenceOf(sighting: Sighting, { endpoint, now }: FindingContext): string {
  const place = placeOf(endpoint);
  switch (sighting.code) {
    case 'expired': {
      const { certificate, role } = sighting;
      const ago = daysText(daysUntilExpiry(now, certificate.notAfter));
      return `${named(certificate, role)} on ${place} expired on ${instantText(certificate.notAfter)}, ${ago} ago.`;
    }
    case 'expiring': {
      const { certificate, role, threshold } = sighting;
      const left = daysText(daysUntilExpiry(certificate.notAfter, now));
      return `${named(certificate, role)} on ${place} expires on ${instantText(certificate.notAfter)}: ${left} left (${thresholdText(threshold)}).`;
    }
    case 'not-yet-valid': {
      const { certificate, role } = sighting;
      return `${named(certificate, role)} on ${place} is not valid before ${instantText(certificate.notBefore)}.`;
    }
    case 'name-mismatch':
      return `${named(sighting.certificate, 'leaf')} on ${place} is ${namesText(sighting.certificate)}, not for ${cut(endpoint.serverName, NAME_LIMIT)}.`;
    case 'self-signed':
      return `${named(sighting.certificate, 'leaf')} on ${place} is self-signed: no CA vouches for it, and clients refuse it.`;
    case 'untrusted': {
      const { certificate } = sighting;
      const top = nameOf(certificate);
      return certificate.isSelfSigned
        ? `The chain of ${place} ends at the root ${top}, which is not among the trusted CAs.`
        : `The chain of ${place} ends at ${top}, whose issuer ${issuerName(certificate)} is not among the trusted CAs.`;
    }
    case 'incomplete-chain':
      return `${place} does not send ${missingText(sighting)}: browsers often hide this by fetching it themselves, mail servers, apps and scripts fail.`;
    case 'invalid-chain':
      return `The chain of ${place} from ${nameOf(sighting.certificate)} upwards is invalid: ${cut(sighting.reason, REASON_LIMIT)}.`;
    case 'wrong-order':
      return `${place} sends its certificates in the wrong order: some clients cannot follow them from ${nameOf(sighting.certificate)} to the root.`;
    case 'untidy-chain':
      return `${place} sends more than clients need: ${untidyText(sighting.untidiness)}.`;
    case 'certificate-unreadable': {
      const { count } = sighting;
      return `${place} sends ${count === 1 ? 'a certificate that cannot be read' : `${count} certificates that cannot be read`} beside ${nameOf(sighting.certificate)}.`;
    }
    case 'weak-key': {
      const { certificate, role } = sighting;
      const least = isRsa(certificate) ? '2048' : '256';
      return `${named(certificate, role)} on ${place} has ${keyText(certificate)}: fewer than ${least} bits can be broken.`;
    }
    case 'weak-signature': {
      const { certificate, role } = sighting;
      return `${named(certificate, role)} on ${place} is signed with ${cut(certificate.signatureAlgorithm, NAME_LIMIT)}, which can be forged: current clients refuse it.`;
    }
    case 'revoked': {
      const { certificate, role, revocation } = sighting;
      const when = revocation.revokedAt === undefined ? '' : ` on ${instantText(revocation.revokedAt)}`;
      const why = revocation.reason === undefined ? '' : ` (${cut(revocation.reason, NAME_LIMIT)})`;
      return `${named(certificate, role)} on ${place} was revoked by its CA${when}${why}: clients that look refuse it.`;
    }
    case 'revocation-unknown': {
      const { certificate, role, revocation } = sighting;
      return `Whether ${nameOf(certificate)} (${ROLE_WORD[role]}) on ${place} is revoked could not be found out: ${cut(revocation.detail, REASON_LIMIT)}.`;
    }
    case 'staple-missing':
      return `${named(sighting.certificate, 'leaf')} on ${place} demands a stapled OCSP response (must-staple), and ${sighting.isUnusable ? 'the one that came cannot be relied on' : 'none came'}: clients that obey refuse it.`;
    case 'weak-protocol': {
      if (sighting.weakness !== undefined || sighting.tlsVersion === undefined) {
        return `${place} can be reached with outdated settings only: ${cut(sighting.weakness ?? 'it refuses current ones', REASON_LIMIT)}.`;
      }
      const cipher = sighting.cipher === undefined ? '' : ` with the cipher ${cut(sighting.cipher, NAME_LIMIT)}`;
      return `${place} offers nothing better than ${versionText(sighting.tlsVersion)}${cipher}: current clients refuse it.`;
    }
    case 'lifetime-too-long': {
      const { certificate, broken } = sighting;
      const from = broken.issuedFrom.toISOString().slice(0, 10);
      return `${named(certificate, 'leaf')} on ${place} is valid for ${validityDays(certificate)} days (a begun day counts in full), and a public CA may give at most ${broken.mostDays} to one issued from ${from} on.`;
    }
    case 'caa-mismatch':
      return caaSentence(sighting.fault, `leaf certificate ${nameOf(sighting.certificate)}`, place);
    case 'client-certificate-wanted':
      return `${place} asks for a client certificate, and certmon has none: its own certificate was read and judged all the same.`;
    case 'addresses-capped':
      return `${cut(endpoint.displayHost, NAME_LIMIT)} has ${sighting.probed + sighting.notProbed} addresses: the first ${sighting.probed} were checked, ${sighting.notProbed} were not.`;
    case 'addresses-differ': {
      const { older, total, certificate, newest, inTurn } = sighting;
      if (inTurn.length > 0) {
        return `${listText(inTurn)} ${inTurn.length === 1 ? 'answers' : 'answer'} for ${place} with two certificates in turn: the older ${nameOf(certificate)} of ${instantText(certificate.notBefore)} and the newest of ${instantText(newest.notBefore)}; a server behind a load balancer seems to be left out of the renewal.`;
      }
      return `${older.length} of ${total} addresses of ${place} (${listText(older)}) still ${older.length === 1 ? 'serves' : 'serve'} the older certificate ${nameOf(certificate)} of ${instantText(certificate.notBefore)}, not the newest of ${instantText(newest.notBefore)}.`;
    }
    case 'certificate-changed':
      return changeSentence(sighting, place);
    case 'not-checked':
      return `certmon has not checked ${place} since ${instantText(sighting.since)}, although it should every ${spanText(sighting.intervalMs).replace(/^1 /, '')}: what is told of it may no longer be so.`;
    default:
      return connectionSentence(sighting.code, place, endpoint, cut(sighting.detail, REASON_LIMIT), sighting.afterLeaf);
  }
}

/**
 * Which addresses have it, `192.0.2.2 (1 of 2 addresses)`; `undefined` where all do, where it is about none, or where its
 * sentence says so.
 */
export function whereText({ code, addresses }: Pick<Finding, 'code' | 'addresses'>, total: number): string | undefined {
  if (code === 'addresses-differ' || addresses.length === 0 || addresses.length >= total) return undefined;
  return `${listText(addresses)} (${addresses.length} of ${total} addresses)`;
}

/** What to do next: one sentence. */
export function nextStepOf(sighting: Sighting, { endpoint, now }: FindingContext): string {
  const place = placeOf(endpoint);
  const reload = `reload the ${endpoint.protocol} service`;
  switch (sighting.code) {
    case 'expired':
      return sighting.role === 'leaf'
        ? `Renew the certificate now, install it with its full chain on ${place}, and ${reload}.`
        : `Get the current chain from the CA, put it in place of ${nameOf(sighting.certificate)} in the chain file of ${place}, and ${reload}.`;
    case 'expiring':
      return sighting.role === 'leaf'
        ? `Renew the certificate, install it with its full chain on ${place}, and ${reload}; where renewal is automatic, find out why it has not run.`
        : `Ask the CA for the chain that takes over from ${nameOf(sighting.certificate)}, install it on ${place} before that date, and ${reload}.`;
    case 'not-yet-valid':
      return `Put the previous certificate back on ${place} until then, or check the clock of the machine that issued the new one.`;
    case 'name-mismatch':
      return `${nameRemedy(endpoint)}, and ${reload}; if the service is meant to be reached by another name, monitor that name or set it with --sni.`;
    case 'self-signed':
      return `Install a certificate from a CA that the clients trust on ${place}; if this one is meant to be, the operator can add it to the file that CERTMON_EXTRA_CA_FILE names.`;
    case 'untrusted':
      return `If it is your own CA, the operator can add its root to the file that CERTMON_EXTRA_CA_FILE names; if not, install a certificate from a public CA on ${place}.`;
    case 'incomplete-chain':
      return `Install the full chain file (often called fullchain.pem: the leaf first, then ${missingNames(sighting)}) on ${place}, and ${reload}.`;
    case 'invalid-chain':
      return invalidRemedy(sighting.reason, place);
    case 'wrong-order':
      return `Put the chain file of ${place} in this order: ${listText(sighting.right.map(nameOf), ', then ')}; then ${reload}.`;
    case 'untidy-chain':
      return `Take ${untidyCount(sighting.untidiness) === 1 ? 'it' : 'them'} out of the chain file of ${place} when you next touch it: clients work, but every handshake carries the ballast.`;
    case 'certificate-unreadable':
      return `Look for a damaged or foreign block in the chain file of ${place} (openssl crl2pkcs7 -nocrl -certfile FILE | openssl pkcs7 -print_certs shows them), replace it, and ${reload}.`;
    case 'weak-key':
      return sighting.role === 'leaf'
        ? `Make a new key (RSA with 2048 bits or EC P-256), have a certificate issued for it, install both on ${place}, and ${reload}.`
        : `Have the certificate of ${place} issued anew by a CA certificate with a stronger key, and install it with that chain.`;
    case 'weak-signature':
      return `Have ${sighting.role === 'leaf' ? 'the certificate' : 'the chain'} of ${place} issued anew with SHA-256, install it, and ${reload}.`;
    case 'revoked':
      return revokedRemedy(sighting, place, reload);
    case 'revocation-unknown':
      return 'Nothing needs to be done on the server: if it stays so, see that certmon may reach that URL by plain HTTP (CERTMON_EGRESS_ALLOW for private addresses), or tell the CA.';
    case 'staple-missing':
      return `Switch on OCSP stapling on ${place} (nginx: ssl_stapling, Apache: SSLUseStapling) and see that it reaches the responder; or have a certificate issued without must-staple.`;
    case 'weak-protocol':
      return `Enable TLS 1.2 and 1.3 with current ciphers, curves and signatures on ${place}, and ${reload}; if its software cannot, update it.`;
    case 'lifetime-too-long': {
      const most = (lifetimeRuleAt(now) ?? sighting.broken).mostDays;
      return `Ask the CA for a new certificate of at most ${most} days, install it on ${place}, and ${reload}: some clients refuse one that lives longer than the rules allow.`;
    }
    case 'caa-mismatch':
      return caaNextStep(sighting.fault);
    case 'client-certificate-wanted':
      return 'Nothing needs to be done: only what comes after the handshake cannot be checked without a client certificate.';
    case 'addresses-capped':
      return 'Add the addresses that matter most as monitors of their own, with --sni for the name.';
    case 'certificate-changed':
      return changeNextStep(sighting, place);
    case 'not-checked':
      return `Check it now by hand; if that works, look for "check failed" in certmon's log, and whether its workers have enough room (CERTMON_ROLES, more processes).`;
    case 'addresses-differ':
      if (sighting.inTurn.length > 0) {
        return `Install the newest certificate on every server behind ${listText(sighting.inTurn)}, and ${reload} there.`;
      }
      return `Install the newest certificate on ${listText(sighting.older)} too, and ${reload} there.`;
    default:
      return connectionNextStep(sighting.code, place, endpoint, cut(sighting.detail, REASON_LIMIT));
  }
}

function placeOf(endpoint: Endpoint): string {
  return cut(hostAndPort(endpoint), NAME_LIMIT);
}

/** Whole days only: a sentence that is kept must not be false an hour later. */
function daysText(days: number): string {
  if (days === 0) return 'less than a day';
  return days === 1 ? '1 day' : `${days} days`;
}

const ROLE_NAME: Readonly<Record<CertificateRole, string>> = {
  leaf: 'Leaf certificate',
  intermediate: 'Intermediate certificate',
  'trust-anchor': 'Root certificate',
  extra: 'Extra certificate',
};

const ROLE_WORD: Readonly<Record<CertificateRole, string>> = {
  leaf: 'leaf',
  intermediate: 'intermediate',
  'trust-anchor': 'root',
  extra: 'extra',
};

function revokedRemedy({ role, revocation }: JudgedRevocation, place: string, reload: string): string {
  if (role !== 'leaf') {
    return `Have the certificate of ${place} issued anew with a chain that does without it, install both, and ${reload}.`;
  }
  return revocation.reason === 'keyCompromise'
    ? `Make a new key, have a certificate issued for it, install both on ${place}, and ${reload}; the old key is known to others.`
    : `Have a new certificate issued, install it with its full chain on ${place}, and ${reload}; if nobody here asked for the revocation, ask the CA why.`;
}

function named(certificate: Certificate, role: CertificateRole): string {
  return `${ROLE_NAME[role]} ${nameOf(certificate)}`;
}

function nameOf(certificate: Certificate): string {
  return quote(certificateLabel(certificate), NAME_LIMIT);
}

function issuerName(certificate: Certificate): string {
  return quote(certificateLabel({ subject: certificate.issuer, subjectAltNames: [] }), NAME_LIMIT);
}

/** The first few, then a count. */
function listText(items: readonly string[], separator = ', '): string {
  const more = items.length - LISTED;
  return more > 1 ? `${items.slice(0, LISTED).join(separator)} and ${more} more` : items.join(separator);
}

/** What the certificate is for, as the name rule sees it. */
function namesText({ subjectAltNames }: Certificate): string {
  const names = subjectAltNames.filter(({ type }) => type === 'dns' || type === 'ip' || type === 'uri');
  if (names.length === 0) return 'for no name at all (it has no SAN of a host, and a common name does not count)';
  return `for ${listText(names.map(({ value }) => cut(value, NAME_LIMIT)))}`;
}

function nameRemedy(endpoint: Endpoint): string {
  const place = placeOf(endpoint);
  const name = cut(endpoint.serverName, NAME_LIMIT);
  if (endpoint.hostKind !== 'name' && endpoint.serverName === endpoint.host) {
    return `Install a certificate on ${place} that lists the IP address ${name} as a SAN`;
  }
  if (endpoint.protocol === 'sips') {
    return `Install a certificate on ${place} with the SAN URI:sip:${name}, or DNS:${name} and no other SIP domain`;
  }
  return `Install a certificate on ${place} that lists ${name} as a SAN, or let the server choose the right one for that name`;
}

function missingText({ certificate, missing }: Extract<Sighting, { code: 'incomplete-chain' }>): string {
  const first = missing[0];
  if (first === undefined)
    return `the intermediate certificate ${issuerName(certificate)}, which issued ${nameOf(certificate)}`;
  const kind = missing.length === 1 ? 'the intermediate certificate' : 'the intermediate certificates';
  return `${kind} ${listText(missing.map((one) => nameOf(one.certificate)))} between ${nameOf(certificate)} and a trusted CA`;
}

function missingNames({ certificate, missing }: Extract<Sighting, { code: 'incomplete-chain' }>): string {
  return missing.length === 0
    ? issuerName(certificate)
    : listText(
        missing.map((one) => nameOf(one.certificate)),
        ', then ',
      );
}

function untidyText({ duplicates, extras, roots }: Untidiness): string {
  const parts = [
    ...roots.map((one) => `the root ${nameOf(one)}`),
    ...duplicates.map((one) => `${nameOf(one)} more than once`),
    ...extras.map((one) => `${nameOf(one)}, which is not part of the chain`),
  ];
  return listText(parts, '; ');
}

function untidyCount({ duplicates, extras, roots }: Untidiness): number {
  return duplicates.length + extras.length + roots.length;
}

function isRsa({ keyType }: Certificate): boolean {
  return keyType.startsWith('rsa');
}

function keyText(certificate: Certificate): string {
  const kind = isRsa(certificate) ? 'an RSA key' : 'an EC key';
  return `${kind} of ${certificate.keyBits ?? 0} bits`;
}

/** As people write it: `TLS 1.0` for `TLSv1`. */
function versionText(tlsVersion: string): string {
  const version = /^TLSv1(?:\.([0-9]))?$/.exec(tlsVersion);
  return version === null ? cut(tlsVersion, NAME_LIMIT) : `TLS 1.${version[1] ?? '0'}`;
}

/** By OpenSSL's words for what is wrong (`openssl verify`, its manual page), the likeliest first. */
const INVALID_REMEDIES: readonly { readonly words: RegExp; readonly remedy: string }[] = [
  {
    words: /purpose/i,
    remedy: 'issued anew for TLS servers (key usage digitalSignature, extended key usage serverAuth)',
  },
  { words: /path.?length/i, remedy: 'issued anew by a CA certificate whose path length allows as many intermediates' },
  {
    words: /subtree|name constraint/i,
    remedy: 'issued anew by a CA certificate whose name constraints allow this name',
  },
  {
    words: /invalid.CA|key ?usage|basic constraint/i,
    remedy: 'issued anew by a real CA certificate (CA:TRUE): the one above it may not issue',
  },
  { words: /revoked/i, remedy: 'issued anew: the CA has revoked one in its chain' },
  { words: /\bmd\b|digest/i, remedy: 'and its chain issued anew with SHA-256 signatures' },
  { words: /key too/i, remedy: 'and its chain issued anew with RSA keys of 2048 bits or EC P-256' },
];

function invalidRemedy(reason: string, place: string): string {
  const match = INVALID_REMEDIES.find(({ words }) => words.test(reason));
  if (match === undefined)
    return `Install the chain that the CA hands out for this certificate on ${place}, or have it issued anew.`;
  return `Have the certificate of ${place} ${match.remedy}, and install it with its full chain.`;
}
