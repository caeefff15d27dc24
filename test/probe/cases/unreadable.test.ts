/** Certificates that a strict parser rejects, which are reported beside the rest; and odd ones, which are read like any. */
import { expect } from 'vitest';
import { isRead } from '../../../src/core/observation.ts';
import type { Observation } from '../../../src/core/observation.ts';
import { critical, describeCases, info, warning } from '../../helpers/case-suite.ts';
import type { Case } from '../../helpers/case-suite.ts';
import { element, integer, objectIdentifier, sequence, set } from '../../helpers/der-writer.ts';
import { BROKEN_TIME, forge, forgeCa, forgeLeaf, fromNow } from '../../helpers/forge.ts';
import type { Forged, Plan } from '../../helpers/forge.ts';
import { extension, subjectAltName } from '../../helpers/forge-extensions.ts';

const root = forgeCa('Root');
const intermediate = forgeCa('Intermediate', { issuer: root });
const leaf = forgeLeaf(intermediate);
const path = [leaf, intermediate, root];
const MAIL = subjectAltName({ dns: 'mail.example.com' });

/** A common name in any kind of string. */
function named(tag: number, text: Uint8Array): Buffer {
  return sequence(set(sequence(objectIdentifier('2.5.4.3'), element(tag, text))));
}

/** An extension whose identifier is longer than anybody's. */
const ENDLESS_OID = sequence(element(0x06, Buffer.alloc(100, 0x81), Buffer.of(1)), element(0x04, integer(1)));

/** What OpenSSL loads and we do not, each for a reason of its own. */
const REJECTED: readonly { readonly of: string; readonly plan: Plan }[] = [
  { of: 'a not after in the form of a local time', plan: { notAfter: BROKEN_TIME } },
  { of: 'a not before on 31 February', plan: { notBefore: element(0x17, Buffer.from('250231000000Z')) } },
  { of: 'an object identifier without end', plan: { extensions: [ENDLESS_OID] } },
];

const rejected: readonly Case[] = REJECTED.map(({ of, plan }) => ({
  of: `${of}, beside a chain that is fine`,
  scene: () => {
    const odd = forge({ subject: 'Odd', issuer: root, ...plan });
    return {
      serve: [leaf, intermediate, odd],
      finds: [warning('certificate-unreadable', leaf, /a certificate that cannot be read/)],
      path,
      status: 'valid',
      also: countingUnreadable(1),
    };
  },
}));

function countingUnreadable(count: number): (observation: Observation) => void {
  return (observation) => {
    const address = observation.addresses.find(isRead);
    expect(address?.unreadable).toBe(count);
  };
}

/** What is odd, and read all the same. */
const ODD: readonly { readonly of: string; readonly plan: Plan; readonly label?: string }[] = [
  { of: 'a negative serial number', plan: { serial: Buffer.of(0x80, 1) } },
  { of: 'a serial number of zero', plan: { serial: Buffer.of(0) } },
  { of: 'a serial number of forty octets', plan: { serial: Buffer.alloc(40, 0x5a) } },
  { of: 'no subject', plan: { subject: sequence() } },
  {
    of: 'a subject in a BMPString',
    plan: { subject: named(0x1e, Buffer.from('mail', 'utf16le').swap16()) },
    label: 'CN=mail',
  },
  {
    of: 'a subject in a TeletexString',
    plan: { subject: named(0x14, Buffer.from('müller', 'latin1')) },
    label: 'CN=müller',
  },
  { of: 'a subject in a UniversalString', plan: { subject: named(0x1c, Buffer.of(0, 0, 0, 0x6d)) }, label: 'CN=m' },
  { of: 'a subject of ten thousand letters', plan: { subject: named(0x0c, Buffer.alloc(10_000, 'x')) } },
  { of: 'a terminal escape in the subject', plan: { subject: '\u001b[31mred\u202e' } },
  { of: 'the same extension twice', plan: { extensions: [MAIL, MAIL] } },
];

const odd: readonly Case[] = ODD.map(({ of, plan, label }) => ({
  of: `${of} in an extra certificate`,
  scene: () => {
    const extra = forge({ issuer: root, ...plan });
    return {
      serve: [leaf, intermediate, extra],
      finds: [info('untidy-chain', leaf)],
      path,
      also: (observation) => {
        countingUnreadable(0)(observation);
        const address = observation.addresses.find(isRead);
        if (label !== undefined) expect(address?.chain[2]?.subject).toBe(label);
      },
    };
  },
}));

const CASES: readonly Case[] = [
  {
    of: 'two that cannot be read are counted',
    scene: () => {
      const broken = (): Forged => forge({ subject: 'Odd', issuer: root, notAfter: BROKEN_TIME });
      return {
        serve: [leaf, broken(), intermediate, broken()],
        finds: [warning('certificate-unreadable', leaf, /2 certificates that cannot be read/)],
        path,
        also: countingUnreadable(2),
      };
    },
  },
  {
    of: 'an intermediate that is needed and cannot be read',
    scene: () => {
      const broken = forgeCa('Broken', { issuer: root, notAfter: BROKEN_TIME });
      const below = forgeLeaf(broken);
      return {
        serve: [below, broken],
        finds: [critical('invalid-chain', below, /notAfter/), warning('certificate-unreadable', below)],
        path: undefined,
        status: 'error',
      };
    },
  },
  {
    // OpenSSL trusts it: what it has no fault to find with is none for its clients.
    of: 'an intermediate that is needed, and that only we cannot read',
    scene: () => {
      const broken = forgeCa('Broken', { issuer: root, extensions: [ENDLESS_OID] });
      const below = forgeLeaf(broken, { notBefore: fromNow(-20), notAfter: fromNow(0.5) });
      return {
        serve: [below, broken],
        finds: [critical('expiring', below), warning('certificate-unreadable', below)],
        path: undefined,
        daysLeft: 0,
      };
    },
  },
  {
    of: 'an expired leaf beside one that cannot be read',
    scene: () => {
      const old = forgeLeaf(intermediate, { notBefore: fromNow(-40), notAfter: fromNow(-1) });
      const broken = forge({ subject: 'Odd', issuer: root, notAfter: BROKEN_TIME });
      return {
        serve: [old, intermediate, broken],
        finds: [critical('expired', old), warning('certificate-unreadable', old)],
        path: [old, intermediate, root],
        status: 'expired',
      };
    },
  },
  {
    of: "the server's own certificate that cannot be read",
    scene: () => ({
      serve: [forgeLeaf(intermediate, { notAfter: BROKEN_TIME }), intermediate],
      finds: [critical('handshake-failed', undefined, /own certificate cannot be read/)],
      status: 'error',
    }),
  },
  {
    of: 'a leaf of version 1, which has no names',
    scene: () => {
      const old = forgeLeaf(intermediate, { version: 1 });
      return {
        serve: [old, intermediate],
        finds: [critical('name-mismatch', old, /no SAN of a host/)],
        path: [old, intermediate, root],
      };
    },
  },
  {
    of: 'a leaf without a subject',
    scene: () => {
      const nameless = forgeLeaf(intermediate, { subject: sequence() });
      return { serve: [nameless, intermediate], finds: [], path: [nameless, intermediate, root] };
    },
  },
  {
    of: 'a terminal escape in the subject of a leaf that is at fault',
    scene: () => {
      const hostile = forgeLeaf(undefined, { subject: '\u001b[31mred\u202e' });
      return { serve: [hostile], finds: [critical('self-signed', hostile, /'<U\+001B>\[31mred<U\+202E>'/)] };
    },
  },
  {
    of: 'a leaf with two hundred extensions that nobody knows',
    scene: () => {
      const unknown = Array.from({ length: 200 }, (_, index) => extension(`2.999.${index + 1}`, false, integer(index)));
      const full = forgeLeaf(intermediate, { extensions: [MAIL, ...unknown] });
      return { serve: [full, intermediate], finds: [], path: [full, intermediate, root] };
    },
  },
];

describeCases('unreadable', [root], [...rejected, ...CASES, ...odd]);
