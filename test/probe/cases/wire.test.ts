/**
 * Chains that OpenSSL refuses to take in, so that no handshake comes of it: what was sent is read from the wire, the leaf is
 * judged, what cannot be read is counted, and the handshake that OpenSSL's clients cannot make is told too.
 */
import { expect } from 'vitest';
import { isRead } from '../../../src/core/observation.ts';
import { critical, describeCases, info, warning } from '../../helpers/case-suite.ts';
import type { Case } from '../../helpers/case-suite.ts';
import { element, objectIdentifier, sequence, set } from '../../helpers/der-writer.ts';
import { forge, forgeCa, forgeLeaf, fromNow } from '../../helpers/forge.ts';
import type { Forged } from '../../helpers/forge.ts';
import { subjectAltName } from '../../helpers/forge-extensions.ts';
import { startRawTls } from '../../helpers/raw-tls-peer.ts';

const root = forgeCa('Root');
const intermediate = forgeCa('Intermediate', { issuer: root });
const leaf = forgeLeaf(intermediate);
const path = [leaf, intermediate, root];
const MANY = Array.from({ length: 10_000 }, (_, index) => ({ dns: `host-${index}.example.com` }));

function named(tag: number, text: Uint8Array): Forged {
  const subject = sequence(set(sequence(objectIdentifier('2.5.4.3'), element(tag, text))));
  return forge({ subject, issuer: root });
}

const BROKEN: readonly { readonly of: string; readonly der: () => Uint8Array }[] = [
  { of: 'bytes that are no certificate', der: () => Buffer.from('no certificate at all') },
  { of: 'a certificate cut short', der: () => intermediate.der.subarray(0, -20) },
  { of: 'a certificate with bytes behind it', der: () => Buffer.concat([intermediate.der, Buffer.of(0)]) },
  { of: 'a subject in a BMPString cut in half', der: () => named(0x1e, Buffer.of(0, 0x6d, 0)).der },
  { of: 'a subject that is no UTF-8', der: () => named(0x0c, Buffer.of(0xff, 0xfe)).der },
];

const broken: readonly Case[] = BROKEN.map(({ of, der }) => ({
  of: `${of}, beside a chain that is fine`,
  scene: () => ({
    serve: () => startRawTls([leaf.der, intermediate.der, der()], leaf.key),
    finds: [critical('handshake-failed'), warning('certificate-unreadable', leaf)],
    path,
    status: 'error',
  }),
}));

const CASES: readonly Case[] = [
  {
    of: 'an expired leaf beside bytes that are no certificate',
    scene: () => {
      const old = forgeLeaf(intermediate, { notBefore: fromNow(-40), notAfter: fromNow(-3) });
      return {
        serve: () => startRawTls([old.der, Buffer.from('nothing'), intermediate.der], old.key),
        finds: [critical('expired', old), critical('handshake-failed'), warning('certificate-unreadable', old)],
        path: [old, intermediate, root],
        status: 'expired',
      };
    },
  },
  {
    of: 'a self-signed leaf for another name beside bytes that are no certificate',
    scene: () => {
      const own = forgeLeaf(undefined, { extensions: [subjectAltName({ dns: 'web.example.com' })] });
      return {
        serve: () => startRawTls([own.der, Buffer.from('nothing')], own.key),
        finds: [
          critical('handshake-failed'),
          critical('name-mismatch', own),
          critical('self-signed', own),
          warning('certificate-unreadable', own),
        ],
        path: undefined,
      };
    },
  },
  {
    of: "the server's own certificate is none",
    scene: () => ({
      serve: () => startRawTls([Buffer.from('nothing'), intermediate.der], leaf.key),
      finds: [critical('handshake-failed', undefined, /own certificate cannot be read/)],
    }),
  },
  {
    of: 'no certificate at all',
    scene: () => ({ serve: () => startRawTls([], leaf.key), finds: [critical('handshake-failed')] }),
  },
  ...(['TLSv1.2', 'TLSv1.3'] as const).map((version): Case => ({
    // Some 230 KB: OpenSSL takes 100 KB of certificates unless it is told otherwise, and so do the clients made of it.
    of: `10,000 long names on ${version}`,
    scene: () => {
      const huge = forgeLeaf(intermediate, { extensions: [subjectAltName(...MANY, { dns: 'mail.example.com' })] });
      return {
        serve: [huge, intermediate],
        tls: { minVersion: version, maxVersion: version },
        finds: [critical('handshake-failed', undefined, /larger than OpenSSL takes in/)],
        path: [huge, intermediate, root],
        also: ({ addresses }) => expect(addresses.find(isRead)?.chain[0]?.subjectAltNames).toHaveLength(10_001),
      };
    },
  })),
  {
    of: '150 certificates, of which three are needed',
    scene: () => {
      const crowd = Array.from({ length: 147 }, (_, index) =>
        forgeCa(`Extra ${index}`, { issuer: root, subject: `Extra ${index} ${'x'.repeat(500)}` }),
      );
      return {
        serve: [leaf, intermediate, ...crowd],
        finds: [critical('handshake-failed'), info('untidy-chain', leaf)],
        path,
      };
    },
  },
];

describeCases('wire', [root], [...broken, ...CASES]);
