import type { Certificate } from '../../core/certificate.ts';
import { instantText } from '../../core/instant-text.ts';
import type { Authority } from './authority.ts';
import { findRevoked, isFrom, isInScope, readCrl } from './crl.ts';
import type { Crl } from './crl.ts';
import type { Fetcher, Validators } from '../fetch.ts';
import { RevocationError } from './error.ts';
import type { RevocationAnswer } from './answer.ts';
import { createShelf } from './shelf.ts';

export interface CrlAnswers {
  /**
   * What the CRL at `url` says of `certificate`.
   *
   * @throws {RevocationError} where there is none, or it is not for this certificate; the reason of `signal`.
   */
  ask(
    url: string,
    certificate: Certificate,
    issuer: Authority,
    now: Date,
    signal: AbortSignal,
  ): Promise<RevocationAnswer>;
}

/** The largest that public CAs publish are some ten megabytes; those that are larger are split by distribution point. */
const MAX_BYTES = 20 * 1024 * 1024;
const ANSWER_MS = 5000;
/** For a large one on a slow line. Nobody waits for it as long. */
const WHOLE_MS = 60_000;
const SHELF = { entries: 2000, bytes: 64 * 1024 * 1024 };
/** Clocks differ. */
const SKEW_MS = 5 * 60_000;

interface KeptCrl extends Crl {
  readonly validators: Validators;
}

export function createCrlAnswers(fetcher: Fetcher): CrlAnswers {
  const shelf = createShelf<KeptCrl>(SHELF);

  const load = async (
    url: string,
    certificate: Certificate,
    issuer: Authority,
    now: Date,
    current: KeptCrl | undefined,
  ): Promise<KeptCrl> => {
    const fetched = await fetcher.fetch({
      url,
      maxBytes: MAX_BYTES,
      answerMs: ANSWER_MS,
      wholeMs: WHOLE_MS,
      since: current?.validators,
    });
    if (fetched.outcome === 'failed') throw new RevocationError(fetched.reason);
    if (fetched.outcome === 'unchanged') {
      if (current === undefined) throw new RevocationError('it answered 304 to a question without a condition');
      return current;
    }
    const crl = await readCrl(fetched.body, issuer);
    if (crl.thisUpdate.getTime() > now.getTime() + SKEW_MS) throw new RevocationError('the CRL is of the future');
    // One of another place, which anybody on the way could put here, must not take the place of the right one.
    if (!isFrom(crl.scope, certificate.crlUrls)) throw new RevocationError('the CRL there is of another place');
    return { ...crl, validators: fetched.validators };
  };

  return {
    async ask(url, certificate, issuer, now, signal) {
      const { value, until } = await shelf.get(
        `${url} ${issuer.id}`,
        (current) => load(url, certificate, issuer, now, current),
        now,
        signal,
      );
      if (!isInScope(value.scope, certificate)) throw new RevocationError('the CRL there is for other certificates');
      const entry = await findRevoked(value, certificate.serialNumber);
      const asOf = value.thisUpdate;
      const what = `the CRL of ${instantText(asOf)}`;
      if (entry === undefined) {
        return { status: 'good', revokedAt: undefined, reason: undefined, asOf, detail: `not on ${what}`, until };
      }
      return { status: 'revoked', ...entry, asOf, detail: `on ${what}`, until };
    },
  };
}
