/**
 * Whether the certificates of a path are revoked: by CRL first, since those are cached for whole CAs, then by what the
 * server stapled, then by OCSP. It is judged anew at each check, also where the chain of an earlier one stands in: with a
 * CRL at hand that costs next to nothing. Whatever keeps an answer from us makes "unknown", never a failure.
 *
 * The URLs are those of certificates with a verified way to a trust anchor. The anchor itself is not judged: nobody above it
 * could revoke it. Neither is a certificate outside its validity, which CAs take off their lists (RFC 5280, 3.3).
 */
import type { Certificate } from '../../core/certificate.ts';
import type { CertificateRevocation, StapleState } from '../../core/observation.ts';
import { cut } from '../../core/quote.ts';
import { readAuthority } from './authority.ts';
import { createBoundedMap } from '../bounded-map.ts';
import type { CertificateReader } from '../certificate-reader.ts';
import { createCrlAnswers } from './crl-answers.ts';
import { startDeadline } from '../deadline.ts';
import { ProbeError } from '../errors.ts';
import { usableUrl } from '../fetch.ts';
import type { Fetcher } from '../fetch.ts';
import type { OcspIssuer } from './ocsp.ts';
import { createOcspAnswers } from './ocsp-answers.ts';
import { RevocationError } from './error.ts';
import type { RevocationAnswer } from './answer.ts';
import type { TrustSet } from '../trust.ts';

export interface JudgedPath {
  /** Leaf first, anchor last. */
  readonly path: readonly Certificate[] | undefined;
  /** The OCSP response that came with the handshake. */
  readonly staple: Uint8Array | undefined;
  readonly trust: TrustSet;
  /** The staple alone is judged; nobody is asked. */
  readonly leavesOutRevocation?: boolean | undefined;
}

export interface Revocation {
  /** False: the issuers' certificates are not at hand, so the chain must be read once more. */
  canJudge(path: readonly Certificate[] | undefined, trust: TrustSet): boolean;
  /** Rejects only when `signal` aborts. */
  judge(judged: JudgedPath, now: Date, signal: AbortSignal): Promise<RevocationFindings>;
}

export interface RevocationFindings {
  readonly revocation: readonly CertificateRevocation[];
  readonly staple: StapleState;
}

/** For all certificates of one path. */
const BUDGET_MS = 10_000;
/** More are a spare's spare. */
const URLS_ASKED = 3;
const ANSWERS_KEPT = 20_000;
const ISSUERS_KEPT = 1000;
/** How long a staple stands in for those that do not come. */
const STAPLE_KEPT_MS = 24 * 3_600_000;
const URL_LIMIT = 120;

type Via = CertificateRevocation['via'];
type Remembered = RevocationAnswer & { readonly via: Via };

export function createRevocation(fetcher: Fetcher, reader: CertificateReader): Revocation {
  const crls = createCrlAnswers(fetcher);
  const responders = createOcspAnswers(fetcher, reader);
  const answers = createBoundedMap<Remembered>(ANSWERS_KEPT);
  const staples = createBoundedMap<RevocationAnswer>(ANSWERS_KEPT);
  const issuers = createBoundedMap<OcspIssuer>(ISSUERS_KEPT);

  const issuerAt = ({ fingerprint, subject }: Certificate, trust: TrustSet): OcspIssuer | undefined => {
    const known = issuers.get(fingerprint);
    if (known !== undefined) return known;
    const parsed =
      reader.find(fingerprint) ??
      trust.issuersOf(subject).find(({ certificate }) => certificate.fingerprint === fingerprint);
    if (parsed === undefined) return undefined;
    const issuer = { parsed, authority: readAuthority(parsed) };
    issuers.set(fingerprint, issuer);
    return issuer;
  };

  /** The first answer of the sources in turn; the reasons of those that gave none are added to `reasons`. */
  const firstAnswer = async (
    urls: readonly string[],
    via: Via,
    reasons: string[],
    ask: (url: string) => Promise<RevocationAnswer>,
  ): Promise<Remembered | undefined> => {
    for (const url of urls) {
      try {
        const answer = await ask(url);
        return { ...answer, detail: `${answer.detail} (${cut(url, URL_LIMIT)})`, via };
      } catch (error) {
        // The other kind is our own deadline, over the path as a whole.
        if (!(error instanceof RevocationError || error instanceof ProbeError)) throw error;
        reasons.push(`${cut(url, URL_LIMIT)}: ${error.message}`);
      }
    }
    return undefined;
  };

  /**
   * The newest staple of late: servers staple now and then only, and not each of their workers the same. Without it a
   * certificate would be revoked at one check and good at the next.
   */
  const newestStaple = (key: string, staple: RevocationAnswer | undefined, now: Date): RevocationAnswer | undefined => {
    const last = staples.get(key);
    const known = last !== undefined && now < last.until ? last : undefined;
    if (staple === undefined || (known !== undefined && known.asOf > staple.asOf)) return known;
    const until = new Date(Math.min(staple.until.getTime(), now.getTime() + STAPLE_KEPT_MS));
    staples.set(key, { ...staple, until });
    return staple;
  };

  const judgeOne = async (
    certificate: Certificate,
    issuer: OcspIssuer,
    staple: RevocationAnswer | undefined,
    now: Date,
    signal: AbortSignal,
  ): Promise<CertificateRevocation | undefined> => {
    const { fingerprint } = certificate;
    const key = `${fingerprint} ${issuer.authority.id}`;
    const lastStaple = newestStaple(key, staple, now);
    if (lastStaple?.status === 'revoked') return toRevocation(fingerprint, { ...lastStaple, via: 'staple' });
    const known = answers.get(key);
    if (known !== undefined && now < known.until) return toRevocation(fingerprint, known);

    const crlUrls = askable(certificate.crlUrls);
    const ocspUrls = askable(certificate.ocspUrls);
    const reasons: string[] = [];
    const found =
      (await firstAnswer(crlUrls, 'crl', reasons, (url) =>
        crls.ask(url, certificate, issuer.authority, now, signal),
      )) ??
      asFound(staple) ??
      (await firstAnswer(ocspUrls, 'ocsp', reasons, (url) => responders.ask(url, certificate, issuer, now, signal))) ??
      asFound(lastStaple);
    if (found !== undefined) {
      // Staples are kept by themselves: one must not keep the CRL from being asked.
      if (found.via !== 'staple') answers.set(key, found);
      return toRevocation(fingerprint, found);
    }
    if (reasons.length === 0) return undefined;
    const via = crlUrls.length > 0 ? 'crl' : 'ocsp';
    return { fingerprint, status: 'unknown', via, revokedAt: undefined, reason: undefined, detail: reasons.join('; ') };
  };

  const readStaple = async (
    bytes: Uint8Array,
    leaf: Certificate,
    issuer: OcspIssuer,
    now: Date,
  ): Promise<RevocationAnswer | undefined> => {
    try {
      return await responders.readStaple(bytes, leaf, issuer, now);
    } catch (error) {
      if (!(error instanceof RevocationError)) throw error;
      return undefined;
    }
  };

  return {
    canJudge: (path, trust) =>
      linksOf(path ?? []).every(
        ({ certificate, issuer }) => !hasQuestion(certificate) || issuerAt(issuer, trust) !== undefined,
      ),

    async judge({ path, staple, trust, leavesOutRevocation = false }, now, signal) {
      const [leaf, leafIssuer] = path ?? [];
      if (path === undefined || leaf === undefined) return { revocation: [], staple: 'not-judged' };
      const issuer = leafIssuer === undefined ? undefined : issuerAt(leafIssuer, trust);
      const stapled =
        staple === undefined || issuer === undefined ? undefined : await readStaple(staple, leaf, issuer, now);
      const links = (leavesOutRevocation ? [] : linksOf(path)).flatMap(({ certificate, issuer: above }) => {
        const aboveIssuer = issuerAt(above, trust);
        const isValid = certificate.notBefore <= now && now <= certificate.notAfter;
        return aboveIssuer === undefined || !isValid ? [] : [{ certificate, issuer: aboveIssuer }];
      });
      const deadline = startDeadline(BUDGET_MS, signal);
      try {
        const judged = await Promise.all(
          links.map((link) =>
            judgeOne(
              link.certificate,
              link.issuer,
              link.certificate === leaf ? stapled : undefined,
              now,
              deadline.signal,
            ),
          ),
        );
        return {
          revocation: judged.filter((one) => one !== undefined),
          staple: staple === undefined ? 'none' : issuer === undefined ? 'not-judged' : (stapled?.status ?? 'unusable'),
        };
      } finally {
        deadline.clear();
      }
    },
  };
}

function asFound(staple: RevocationAnswer | undefined): Remembered | undefined {
  return staple === undefined ? undefined : { ...staple, via: 'staple' };
}

/** Each certificate of a path but the anchor, with its issuer. */
function linksOf(path: readonly Certificate[]): { certificate: Certificate; issuer: Certificate }[] {
  return path.slice(1).flatMap((issuer, index) => {
    const certificate = path[index];
    return certificate === undefined ? [] : [{ certificate, issuer }];
  });
}

function hasQuestion({ crlUrls, ocspUrls, mustStaple }: Certificate): boolean {
  return mustStaple || askable(crlUrls).length > 0 || askable(ocspUrls).length > 0;
}

function toRevocation(
  fingerprint: string,
  { status, via, revokedAt, reason, detail }: Remembered,
): CertificateRevocation {
  return { fingerprint, status, via, revokedAt, reason, detail };
}

/** A certificate that names places of other kinds only, such as LDAP, names none that we could ask. */
function askable(urls: readonly string[]): readonly string[] {
  return urls.filter((url) => usableUrl(url) !== undefined).slice(0, URLS_ASKED);
}
