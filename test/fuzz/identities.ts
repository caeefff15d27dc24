/**
 * The certificates that inputs are made from: the same octets at every run and on every machine, so that the number of an
 * input is enough to make it again. Hence Ed25519, whose signatures have nothing random in them, and keys from numbers.
 */
import { createECDH, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Credential } from '../../src/demo/authority.ts';
import { context, element, integer, objectIdentifier, sequence } from '../helpers/der-writer.ts';
import {
  SERVER_AUTH,
  basicConstraints,
  extendedKeyUsage,
  extension,
  keyUsage,
  subjectAltName,
} from '../helpers/forge-extensions.ts';
import { forge, forgeCa } from '../helpers/forge.ts';
import type { Forged, Plan } from '../helpers/forge.ts';

/** When all of it is valid. */
export const NOW = new Date('2026-11-20T12:00:00Z');

const VALIDITY = { notBefore: new Date('2026-06-01T00:00:00Z'), notAfter: new Date('2036-06-01T00:00:00Z') };
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

export type Identity = Credential & Forged;

export interface Identities {
  readonly root: Identity;
  readonly intermediate: Identity;
  /** With every extension that certmon reads. */
  readonly leaf: Identity;
  /** With a key of P-256, which cannot sign the same twice. */
  readonly curveLeaf: Identity;
  /** May sign OCSP responses of the intermediate. */
  readonly responder: Identity;
}

export function createIdentities(): Identities {
  const root = identity(forgeCa('Root, of "all" + more', planOf(1)));
  const intermediate = identity(forgeCa('Intermediate', { ...planOf(2), issuer: root }));
  const leafPlan = {
    subject: 'mail.example.com',
    issuer: intermediate,
    extensions: [
      basicConstraints({ ca: false }),
      keyUsage('digitalSignature'),
      extendedKeyUsage(SERVER_AUTH),
      subjectAltName(
        { dns: 'mail.example.com' },
        { dns: '*.example.com' },
        { ip: [192, 0, 2, 1] },
        { ip: [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
        { uri: 'sip:example.com' },
      ),
      extension(
        '1.3.6.1.5.5.7.1.1',
        false,
        sequence(access(1, 'http://ocsp.example/'), access(2, 'http://ca.example/i')),
      ),
      extension(
        '2.5.29.31',
        false,
        sequence(
          distributionPoint('http://crl.example/a.crl', 'ldap://crl.example/b'),
          // For some reasons only, and of another issuer: neither counts.
          distributionPoint('http://crl.example/c.crl', element(0x81, Buffer.of(5, 0x60))),
          distributionPoint('http://crl.example/d.crl', context(2, true, context(2, false, Buffer.from('x')))),
        ),
      ),
      // status_request (RFC 7633).
      extension('1.3.6.1.5.5.7.1.24', false, sequence(integer(5))),
    ],
  };
  const leaf = identity(forge({ ...leafPlan, ...planOf(3) }), intermediate);
  const curveLeaf = identity(forge({ ...leafPlan, ...planOf(4), key: curveKey() }), intermediate);
  const responder = identity(
    forge({
      subject: 'Responder',
      issuer: intermediate,
      ...planOf(5),
      extensions: [basicConstraints({ ca: false }), extendedKeyUsage(OCSP_SIGNING)],
    }),
  );
  return { root, intermediate, leaf, curveLeaf, responder };
}

function identity(forged: Forged, ...above: readonly Forged[]): Identity {
  return { ...forged, chainPem: [forged, ...above].map(({ pem }) => pem).join('') };
}

function planOf(number: number): Pick<Plan, 'key' | 'serial' | 'notBefore' | 'notAfter'> {
  return { ...VALIDITY, key: edwardsKey(number), serial: Buffer.alloc(16, 0x40 + number) };
}

/** Of a private key of 32 octets (RFC 8410, 7). */
function edwardsKey(number: number): KeyObject {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, number)]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function curveKey(): KeyObject {
  const exchange = createECDH('prime256v1');
  const secret = Buffer.alloc(32, 9);
  exchange.setPrivateKey(secret);
  const base64 = (octets: Buffer): string => octets.toString('base64url');
  const [x, y] = [exchange.getPublicKey().subarray(1, 33), exchange.getPublicKey().subarray(33)];
  const key = { kty: 'EC', crv: 'P-256', d: base64(secret), x: base64(x), y: base64(y) };
  return createPrivateKey({ format: 'jwk', key });
}

/** A description of authority information access: method 1 is OCSP, 2 is the issuer's certificate. */
function access(method: 1 | 2, url: string): Buffer {
  return sequence(objectIdentifier(`1.3.6.1.5.5.7.48.${method}`), context(6, false, Buffer.from(url)));
}

function distributionPoint(url: string, more: string | Uint8Array): Buffer {
  const uri = (text: string): Buffer => context(6, false, Buffer.from(text));
  const urls = typeof more === 'string' ? [uri(url), uri(more)] : [uri(url)];
  const name = context(0, true, context(0, true, ...urls));
  return sequence(name, ...(typeof more === 'string' ? [] : [more]));
}
