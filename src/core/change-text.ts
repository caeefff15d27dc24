/** What is said of a certificate that was replaced: by a plain renewal, or by another. Names are hostile, and cut. */
import { certificateLabel } from './certificate.ts';
import type { CertificateDifference } from './change.ts';
import { instantText } from './instant-text.ts';
import { cut, quote } from './quote.ts';
import type { Sighting } from './sighting.ts';

type Change = Extract<Sighting, { code: 'certificate-changed' }>;

const NAME_LIMIT = 80;
/** More names than these are counted. */
const LISTED = 3;

export function changeSentence({ certificate, change }: Change, place: string): string {
  if (change !== undefined) {
    return `${place} serves another certificate since ${instantText(change.at)}: ${differenceText(change.difference)}.`;
  }
  const name = quote(certificateLabel(certificate), NAME_LIMIT);
  return `${place} serves a new certificate, ${name}, valid until ${instantText(certificate.notAfter)}: a plain renewal, with the same names and from the same CA.`;
}

export function changeNextStep({ change }: Change, place: string): string {
  return change === undefined
    ? 'Nothing needs to be done.'
    : `If the change is wanted, acknowledge this: the new certificate is the usual one then, and after 7 days in any case. If nobody here made it, put the previous certificate back on ${place} and find out who did.`;
}

function differenceText({ issuer, namesLost, key }: CertificateDifference): string {
  const lost = namesLost.slice(0, LISTED).map((name) => cut(name, NAME_LIMIT));
  const more = namesLost.length - lost.length;
  const parts = [
    ...(issuer === undefined
      ? []
      : [`its issuer was ${quote(issuer.from, NAME_LIMIT)} and is ${quote(issuer.to, NAME_LIMIT)} now`]),
    ...(lost.length === 0
      ? []
      : [`it is no longer for ${lost.join(', ')}${more === 0 ? '' : ` and ${String(more)} more`}`]),
    ...(key === undefined ? [] : [`its key was ${cut(key.from, NAME_LIMIT)} and is ${cut(key.to, NAME_LIMIT)} now`]),
  ];
  return parts.join('; ');
}
