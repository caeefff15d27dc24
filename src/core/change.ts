/**
 * What tells a renewal from another certificate: the same names, an issuer of the same family, a key that is no weaker
 * (design, section 4). Whoever put it there has changed nothing that a client could notice.
 */
import { certificateLabel, organizationIn } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { hasWeakKey } from './strength.ts';

/** In what a certificate differs from the one before it, as far as that is worth an alert; hostile text. */
export interface CertificateDifference {
  readonly issuer: FromTo | undefined;
  /** Names of the one before that it is not for. */
  readonly namesLost: readonly string[];
  readonly key: FromTo | undefined;
}

export interface FromTo {
  readonly from: string;
  readonly to: string;
}

/** `undefined` for a plain renewal. */
export function differenceOf(last: Certificate, next: Certificate): CertificateDifference | undefined {
  const issuer = isSameFamily(last, next) ? undefined : { from: issuerText(last), to: issuerText(next) };
  const namesLost = namesOf(last).filter((name) => !isCovered(name, namesOf(next)));
  const key = isWeaker(last, next) ? { from: keyText(last), to: keyText(next) } : undefined;
  if (issuer === undefined && key === undefined && namesLost.length === 0) return undefined;
  return { issuer, namesLost, key };
}

/**
 * A CA has many issuing certificates (R10, R11 …): the organisation tells them from another's. One that issued itself may
 * say of itself what it likes.
 */
function isSameFamily(last: Certificate, next: Certificate): boolean {
  if (last.isSelfSigned !== next.isSelfSigned) return false;
  const [before, after] = [organizationIn(last.issuer), organizationIn(next.issuer)];
  if (before === undefined && after === undefined) return last.issuer === next.issuer;
  return before === after;
}

function issuerText(certificate: Certificate): string {
  if (certificate.isSelfSigned) return 'itself (self-signed)';
  const name = certificateLabel({ subject: certificate.issuer, subjectAltNames: [] });
  const organization = organizationIn(certificate.issuer);
  return organization === undefined ? name : `${name} (${organization})`;
}

/** What a client may ask for: the common name does not count (RFC 9525). */
function namesOf({ subjectAltNames }: Certificate): string[] {
  const named = subjectAltNames.filter(({ type }) => type === 'dns' || type === 'ip' || type === 'uri');
  return [...new Set(named.map(({ type, value }) => (type === 'uri' ? value : value.toLowerCase())))];
}

/** By itself, or by a wildcard for its last label (RFC 9525, 6.3). */
function isCovered(name: string, names: readonly string[]): boolean {
  const dot = name.indexOf('.');
  return names.includes(name) || (dot > 0 && names.includes(`*${name.slice(dot)}`));
}

/** Smaller of its kind, or of another kind and too weak for today. RSA and EC sizes say nothing of each other. */
function isWeaker(last: Certificate, next: Certificate): boolean {
  if (last.keyType === next.keyType) return (next.keyBits ?? 0) < (last.keyBits ?? 0);
  return hasWeakKey(next) && !hasWeakKey(last);
}

function keyText({ keyType, keyBits }: Certificate): string {
  const kind = keyType.startsWith('rsa') ? 'RSA' : keyType === 'ec' ? 'EC' : keyType;
  return keyBits === undefined ? kind : `${kind} ${String(keyBits)} bits`;
}
