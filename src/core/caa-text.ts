/** What a CAA finding says, with names that are quoted and cut already. */
import type { CaaFault } from './caa.ts';
import { cut, quote } from './quote.ts';

const NAME_LIMIT = 80;
/** More issuers are counted, not listed. */
const LISTED = 3;

export function caaSentence({ reason, name, isWildcard, organization }: CaaFault, leaf: string, place: string): string {
  const kind = isWildcard ? 'wildcard certificates' : 'certificates';
  const issued = `${quote(organization, NAME_LIMIT)} issued ${leaf} on ${place}`;
  const where = `The CAA records of ${cut(name, NAME_LIMIT)}`;
  switch (reason.kind) {
    case 'others-only':
      return `${where} let only ${allowedText(reason.allowed)} issue ${kind}, but ${issued}.`;
    case 'nobody':
      return `${where} let no CA issue ${kind}, but ${issued}.`;
    case 'unknown-tag':
      return `${where} have the critical tag ${quote(reason.tag, NAME_LIMIT)}, which CAs do not know: none may issue ${kind}, but ${issued}.`;
  }
}

export function caaNextStep({ reason, name, tag, identifier }: CaaFault): string {
  const where = cut(name, NAME_LIMIT);
  if (reason.kind === 'unknown-tag') {
    return `Correct or remove the CAA record with the tag ${quote(reason.tag, NAME_LIMIT)} of ${where} before the next renewal, which every CA must refuse until then.`;
  }
  const record = `0 ${tag} "${identifier}"`;
  return `If the certificate is meant to be, add the CAA record ${record} to ${where} before the next renewal, which the CA must refuse until then; if nobody ordered it, ask the CA to revoke it.`;
}

function allowedText(allowed: readonly string[]): string {
  const more = allowed.length - LISTED;
  const shown = (more > 1 ? allowed.slice(0, LISTED) : allowed).map((one) => cut(one, NAME_LIMIT));
  return more > 1 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
