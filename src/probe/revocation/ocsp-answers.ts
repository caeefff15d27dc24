import { createHash } from 'node:crypto';
import type { Certificate } from '../../core/certificate.ts';
import { instantText } from '../../core/instant-text.ts';
import { createBoundedMap } from '../bounded-map.ts';
import type { CertificateReader } from '../certificate-reader.ts';
import type { Fetcher } from '../fetch.ts';
import { OCSP_REQUEST_TYPE, ocspRequest, readOcspResponse } from './ocsp.ts';
import type { OcspAnswer, OcspIssuer } from './ocsp.ts';
import { RevocationError } from './error.ts';
import type { RevocationAnswer } from './answer.ts';
import { createShelf } from './shelf.ts';

export interface OcspAnswers {
  /**
   * What the responder at `url` says of `certificate`.
   *
   * @throws {RevocationError} where it says nothing usable, or does not know it; the reason of `signal`.
   */
  ask(
    url: string,
    certificate: Certificate,
    issuer: OcspIssuer,
    now: Date,
    signal: AbortSignal,
  ): Promise<RevocationAnswer>;
  /**
   * What a response that came with the handshake says.
   *
   * @throws {RevocationError} where it is not usable.
   */
  readStaple(staple: Uint8Array, certificate: Certificate, issuer: OcspIssuer, now: Date): Promise<RevocationAnswer>;
}

/** With a delegated responder's certificates a response is some 2 KB; nobody's needs 64. */
const MAX_BYTES = 64 * 1024;
const TIMEOUT_MS = 5000;
const ENTRY_SIZE = 500;
const SHELF = { entries: 20_000, bytes: 20_000 * ENTRY_SIZE };
const STAPLES_KEPT = 5000;

interface KeptResponse extends OcspAnswer {
  readonly size: number;
}

export function createOcspAnswers(fetcher: Fetcher, reader: CertificateReader): OcspAnswers {
  const shelf = createShelf<KeptResponse>(SHELF);
  const staples = createBoundedMap<RevocationAnswer>(STAPLES_KEPT);

  const load = async (url: string, serialNumber: string, issuer: OcspIssuer, now: Date): Promise<KeptResponse> => {
    const fetched = await fetcher.fetch({
      url,
      maxBytes: MAX_BYTES,
      answerMs: TIMEOUT_MS,
      wholeMs: TIMEOUT_MS,
      body: { type: OCSP_REQUEST_TYPE, bytes: ocspRequest(issuer.authority, serialNumber) },
    });
    if (fetched.outcome === 'failed') throw new RevocationError(fetched.reason);
    if (fetched.outcome === 'unchanged') throw new RevocationError('it answered 304 to a question without a condition');
    return { ...(await readOcspResponse(fetched.body, issuer, serialNumber, reader, now)), size: ENTRY_SIZE };
  };

  return {
    async ask(url, { serialNumber }, issuer, now, signal) {
      const { value, until } = await shelf.get(
        `${url} ${issuer.authority.id} ${serialNumber}`,
        () => load(url, serialNumber, issuer, now),
        now,
        signal,
      );
      return answerOf(value, until, 'the OCSP response');
    },
    async readStaple(staple, { fingerprint, serialNumber }, issuer, now) {
      if (staple.length > MAX_BYTES) throw new RevocationError('the stapled response is too long');
      const key = `${fingerprint} ${createHash('sha256').update(staple).digest('base64')}`;
      const known = staples.get(key);
      if (known !== undefined && now < known.until) return known;
      const read = await readOcspResponse(staple, issuer, serialNumber, reader, now);
      const answer = answerOf(read, read.nextUpdate, 'the stapled OCSP response');
      staples.set(key, answer);
      return answer;
    },
  };
}

function answerOf({ status, thisUpdate, revokedAt, reason }: OcspAnswer, until: Date, what: string): RevocationAnswer {
  if (status === 'unknown') throw new RevocationError(`${what} says that the responder does not know the certificate`);
  const detail = `${status} by ${what} of ${instantText(thisUpdate)}`;
  return { status, revokedAt, reason, asOf: thisUpdate, detail, until };
}
