/** What certificates point to: URLs that a peer chose, and what comes from there. */
import { addressBytes } from '../../src/core/ip-address.ts';
import { createCertificateReader } from '../../src/probe/certificate-reader.ts';
import type { Egress } from '../../src/probe/egress.ts';
import { createFetcher, usableUrl } from '../../src/probe/fetch.ts';
import type { Fetched, Fetcher } from '../../src/probe/fetch.ts';
import { createIssuerFetch } from '../../src/probe/issuer-fetch.ts';
import type { NameResolver } from '../../src/probe/resolve.ts';
import { context, integer, nothing, objectIdentifier, sequence, set } from '../helpers/der-writer.ts';
import { bytes, hex, must } from './check.ts';
import { NOW } from './identities.ts';
import type { Identities } from './identities.ts';
import type { Target } from './target.ts';

const MOST_CERTIFICATES = 8;
const VALIDATORS = { etag: undefined, lastModified: undefined };

/** A degenerate SignedData (RFC 5652, 5.1). */
function pkcs7(...ders: readonly Buffer[]): Buffer {
  const signedData = sequence(
    integer(1),
    set(),
    sequence(objectIdentifier('1.2.840.113549.1.7.1')),
    context(0, true, ...ders),
    set(),
  );
  return sequence(objectIdentifier('1.2.840.113549.1.7.2'), context(0, true, signedData));
}

export function issuerFetchTarget({ root, intermediate, leaf }: Identities): Target {
  const reader = createCertificateReader();
  return {
    name: 'aia',
    seeds: [
      intermediate.der,
      pkcs7(intermediate.der, root.der),
      Buffer.from(intermediate.pem + root.pem),
      Buffer.from(leaf.chainPem.repeat(5)),
      pkcs7(...Array<Buffer>(MOST_CERTIFICATES + 1).fill(root.der)),
    ],
    words: [
      ...bytes('-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----', '-----BEGIN X509 CERTIFICATE-----', '\n'),
      nothing(),
      hex('06092a864886f70d010702'),
    ],
    async run(body) {
      let asked = 0;
      const fetcher: Fetcher = {
        fetch() {
          asked += 1;
          return Promise.resolve<Fetched>({ outcome: 'ok', body, validators: VALIDATORS });
        },
        close: () => Promise.resolve(),
      };
      const issuers = createIssuerFetch(fetcher, reader);
      const { signal } = new AbortController();
      const [first, second] = await Promise.all([
        issuers.fetch('http://ca.example/', NOW, signal),
        issuers.fetch('http://ca.example/', NOW, signal),
      ]);
      must(first === second && asked === 1, 'asked twice');
      must(first.length <= MOST_CERTIFICATES, 'more certificates than are taken');
      for (const { der } of first) {
        must(der.length <= body.length, 'a certificate larger than what came');
        must(body.includes('-----BEGIN ') || body.includes(der), 'a certificate that did not come');
      }
    },
  };
}

/** One line of a request: no spaces, no line ends, nothing that Node would refuse to send. */
const SENDABLE = /^[\u0021-\u007e]+$/;

/** Nothing is dialled: names have no address of their own, and every address is judged and refused. */
export function urlTarget(): Target {
  const judged: string[] = [];
  const refuse = (address: string): { readonly allowed: false; readonly reason: string } => {
    judged.push(address);
    return { allowed: false, reason: 'refused' };
  };
  const egress: Egress = { judge: refuse, judgeFetch: refuse };
  const names: NameResolver = {
    resolve({ host, hostKind }) {
      const isName = hostKind === 'name';
      must(isName === (addressBytes(host) === undefined) && !host.startsWith('['), `${host} is no ${hostKind}`);
      return Promise.resolve({ outcome: 'ok', addresses: isName ? ['192.0.2.7'] : [host], notProbed: 0 });
    },
    caa: () => Promise.resolve(undefined),
  };
  const fetcher = createFetcher(egress, names);
  return {
    name: 'url',
    seeds: bytes(
      'http://crl.example.com/a.crl?x=1#f',
      'http://[2001:db8::1]:80/',
      'http://192.0.2.1:8080/ocsp/',
      'http://user:secret@example.com/',
      'http://0x7f.1/',
      'https://example.com/',
      'ldap://ldap.example.com/cn=x?certificateRevocationList',
      'http://bücher.example./\u0000',
    ),
    words: bytes('@', ':', '//', '\\', '#', '?', '%00', '%2f', '\r\n', '\t', '[', ']', '。', 'http:', '0x', '::ffff:'),
    async run(input) {
      const text = input.toString('latin1');
      const url = usableUrl(text);
      judged.length = 0;
      const fetched = await fetcher.fetch({ url: text, maxBytes: 1, answerMs: 900, wholeMs: 900 });
      must(fetched.outcome === 'failed', 'something was fetched');
      must((url === undefined) === (judged.length === 0), 'an address was judged for no URL, or none for one');
      for (const address of judged) must(addressBytes(address) !== undefined, `no address: ${address}`);
      if (url === undefined) return;
      must(url.protocol === 'http:' && url.hostname !== '', 'another protocol than http');
      must(!/^[^/]*\/\/[^/?#]*@/.test(url.href), 'a name or a password in the URL');
      must(SENDABLE.test(url.host) && SENDABLE.test(url.pathname + url.search), 'what cannot be sent');
    },
  };
}
