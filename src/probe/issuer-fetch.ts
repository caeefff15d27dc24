/**
 * An issuer's certificate from the URL in authority information access (RFC 5280, 4.2.2.1). Both what came and what did
 * not come are remembered.
 */
import { createBoundedMap } from './bounded-map.ts';
import type { CertificateReader } from './certificate-reader.ts';
import { abortable } from './deadline.ts';
import { DerError, TAG, contextTag, cursorOver, expectElement, readAll } from './der.ts';
import type { Fetcher } from './fetch.ts';
import { UnreadableCertificateError } from './parse-certificate.ts';
import type { ParsedCertificate } from './parse-certificate.ts';
import { pemBlocks } from './trust.ts';

export interface IssuerFetch {
  /** Empty where nothing usable is to be had there. */
  fetch(url: string, now: Date, signal: AbortSignal): Promise<readonly ParsedCertificate[]>;
}

const TIMEOUT_MS = 5000;
const MAX_BYTES = 64 * 1024;
/** A PKCS #7 may hold several; no honest one holds more. */
const MAX_CERTIFICATES = 8;
const KEPT = 500;
const FOUND_FOR_MS = 24 * 3_600_000;
const NOT_FOUND_FOR_MS = 10 * 60_000;

interface Kept {
  readonly certificates: Promise<readonly ParsedCertificate[]>;
  until: number;
}

export function createIssuerFetch(fetcher: Fetcher, reader: CertificateReader): IssuerFetch {
  const kept = createBoundedMap<Kept>(KEPT);

  const load = async (url: string): Promise<readonly ParsedCertificate[]> => {
    const fetched = await fetcher.fetch({ url, maxBytes: MAX_BYTES, answerMs: TIMEOUT_MS, wholeMs: TIMEOUT_MS });
    // A dead URL is no fault to report: that the intermediate is missing is.
    return fetched.outcome === 'ok' ? readCertificates(fetched.body, reader) : [];
  };

  return {
    fetch(url, now, signal) {
      const known = kept.get(url);
      if (known !== undefined && now.getTime() < known.until) return abortable(known.certificates, signal);
      // Probes that ask for the same URL meanwhile share the one download, which no single one of them can abort.
      const entry: Kept = { certificates: load(url), until: now.getTime() + FOUND_FOR_MS };
      kept.set(url, entry);
      void entry.certificates.then(
        (certificates) => {
          if (certificates.length === 0) entry.until = now.getTime() + NOT_FOUND_FOR_MS;
        },
        () => kept.delete(url),
      );
      return abortable(entry.certificates, signal);
    },
  };
}

/** One certificate in DER, as the RFC asks, several in a PKCS #7, as it allows, or PEM, as some do. */
function readCertificates(body: Buffer, reader: CertificateReader): ParsedCertificate[] {
  const pem = body.includes('-----BEGIN ') ? pemBlocks(body.toString('latin1')) : [];
  const ders = pem.length > 0 ? pem : (certificatesOfPkcs7(body) ?? [body]);
  return ders.slice(0, MAX_CERTIFICATES).flatMap((der) => {
    try {
      return [reader.read(der)];
    } catch (error) {
      if (!(error instanceof UnreadableCertificateError)) throw error;
      return [];
    }
  });
}

const SIGNED_DATA = Buffer.from('06092a864886f70d010702', 'hex');

/** The certificates of a degenerate SignedData (RFC 5652, 5.1); `undefined` where it is none. */
function certificatesOfPkcs7(body: Buffer): Uint8Array[] | undefined {
  try {
    const outer = cursorOver(expectElement(body, TAG.sequence).content);
    if (!SIGNED_DATA.equals(outer.take(TAG.objectIdentifier).whole)) return undefined;
    const signedData = cursorOver(expectElement(outer.take(contextTag(0, true)).content, TAG.sequence).content);
    signedData.take(TAG.integer);
    signedData.take(TAG.set);
    signedData.take(TAG.sequence);
    return readAll(signedData.take(contextTag(0, true)).content).map(({ whole }) => whole);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return undefined;
  }
}
