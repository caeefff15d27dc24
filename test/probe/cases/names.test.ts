/** Whom a certificate is for: RFC 9525 for DNS names and IP addresses, RFC 5922 for SIP. */
import type { Protocol } from '../../../src/core/protocol.ts';
import { critical, describeCases } from '../../helpers/case-suite.ts';
import type { Case, Scene } from '../../helpers/case-suite.ts';
import { forgeCa, forgeLeaf } from '../../helpers/forge.ts';
import type { Plan } from '../../helpers/forge.ts';
import { subjectAltName } from '../../helpers/forge-extensions.ts';
import type { GeneralName } from '../../helpers/forge-extensions.ts';

const root = forgeCa('Root');

interface Row {
  readonly of: string;
  /** SANs; what else the leaf is made of stands in `plan`. */
  readonly sans: readonly GeneralName[];
  readonly plan?: Plan;
  /** Asked for; mail.example.com if absent. */
  readonly name?: string;
  readonly protocol?: Protocol;
  /** What the message says where the name does not fit; absent where it does. */
  readonly refused?: RegExp;
}

const LOOPBACK_V6 = [...new Array<number>(15).fill(0), 1];
/** A-label of `müller.example`. */
const MUELLER = 'xn--mller-kva.example';
const MANY = Array.from({ length: 10_000 }, (_, index) => ({ dns: `${index.toString(36)}.eu` }));

const ROWS: readonly Row[] = [
  { of: 'the very name', sans: [{ dns: 'mail.example.com' }] },
  { of: 'the name in other case', sans: [{ dns: 'MAIL.Example.COM' }] },
  { of: 'one of several names', sans: [{ dns: 'example.com' }, { dns: 'mail.example.com' }] },
  {
    of: 'another name',
    sans: [{ dns: 'web.example.com' }],
    refused: /is for web\.example\.com, not for mail\.example\.com/,
  },
  { of: 'a wildcard for one label', sans: [{ dns: '*.example.com' }] },
  {
    of: 'a wildcard is for one label only',
    sans: [{ dns: '*.example.com' }],
    name: 'a.b.example.com',
    refused: /\*\.example\.com/,
  },
  {
    of: 'a wildcard is not for the bare domain',
    sans: [{ dns: '*.example.com' }],
    name: 'example.com',
    refused: /\*\.example\.com/,
  },
  { of: 'a wildcard that is part of a label', sans: [{ dns: 'm*.example.com' }], refused: /m\*\.example\.com/ },
  { of: 'a wildcard in the second label', sans: [{ dns: 'mail.*.com' }], refused: /mail\.\*\.com/ },
  { of: 'a wildcard alone', sans: [{ dns: '*' }], refused: /for \*,/ },
  { of: 'an international name as A-label', sans: [{ dns: MUELLER }], name: MUELLER },
  {
    of: 'an international name as raw UTF-8',
    sans: [{ dns: Buffer.from('müller.example').toString('latin1') }],
    name: MUELLER,
    refused: /xn--mller-kva/,
  },
  { of: 'a NUL behind the name', sans: [{ dns: 'mail.example.com\0.evil.example' }], refused: /<U\+0000>/ },
  { of: 'a name with a blank before it', sans: [{ dns: ' mail.example.com' }], refused: /not for mail/ },
  {
    of: 'a common name alone',
    sans: [],
    plan: { extensions: [] },
    refused: /no SAN of a host, and a common name does not count/,
  },
  { of: 'a SAN extension without a name', sans: [], refused: /no SAN of a host, and a common name does not count/ },
  {
    of: 'a mail address alone',
    sans: [{ email: 'mail@example.com' }],
    refused: /no SAN of a host, and a common name does not count/,
  },
  { of: 'a URI is no DNS name', sans: [{ uri: 'https://mail.example.com' }], refused: /not for mail/ },
  { of: 'the name as the last of 10,000', sans: [...MANY, { dns: 'mail.example.com' }] },
  { of: 'none of 10,000 names', sans: MANY, refused: /for 0\.eu, 1\.eu, 2\.eu and 9997 more, not for mail/ },
  { of: 'an IPv4 address', sans: [{ ip: [127, 0, 0, 1] }], name: '127.0.0.1' },
  {
    of: 'another IPv4 address',
    sans: [{ ip: [127, 0, 0, 2] }],
    name: '127.0.0.1',
    refused: /lists the IP address 127\.0\.0\.1 as a SAN/,
  },
  { of: 'an IPv6 address, by its octets', sans: [{ ip: LOOPBACK_V6 }], name: '0:0:0:0:0:0:0:1' },
  { of: 'another IPv6 address', sans: [{ ip: LOOPBACK_V6.with(0, 0x20) }], name: '::1', refused: /2000::1/ },
  {
    of: 'an IPv4 address as IPv6 maps it',
    sans: [{ ip: [...LOOPBACK_V6.slice(0, 10), 255, 255, 127, 0, 0, 1] }],
    name: '127.0.0.1',
    refused: /::ffff/,
  },
  { of: 'an IP address written as a DNS name', sans: [{ dns: '127.0.0.1' }], name: '127.0.0.1', refused: /IP address/ },
  { of: 'a wildcard for an IP address', sans: [{ dns: '*.0.0.1' }], name: '127.0.0.1', refused: /IP address/ },
  { of: 'an IP address of five octets', sans: [{ ip: [127, 0, 0, 1, 0] }], name: '127.0.0.1', refused: /not for 127/ },
  { of: 'a SIP domain', sans: [{ uri: 'sip:example.com' }], name: 'example.com', protocol: 'sips' },
  {
    of: 'a SIP URI goes before DNS names',
    sans: [{ uri: 'sip:example.org' }, { dns: 'example.com' }],
    name: 'example.com',
    protocol: 'sips',
    refused: /URI:sip:example\.com/,
  },
  {
    of: 'a SIP URI of a person is no domain',
    sans: [{ uri: 'sip:ann@example.com' }],
    name: 'example.com',
    protocol: 'sips',
    refused: /sip:ann@example\.com/,
  },
  {
    of: 'a DNS name where no URI names a SIP domain',
    sans: [{ dns: 'example.com' }],
    name: 'example.com',
    protocol: 'sips',
  },
  {
    of: 'a wildcard names no SIP domain',
    sans: [{ dns: '*.example.com' }],
    name: 'sip.example.com',
    protocol: 'sips',
    refused: /URI:sip:sip\.example\.com/,
  },
  { of: 'a SIP domain is none outside SIP', sans: [{ uri: 'sip:mail.example.com' }], refused: /not for mail/ },
];

function sceneOf({ sans, plan, name, protocol, refused }: Row): Scene {
  const leaf = forgeLeaf(root, { extensions: [subjectAltName(...sans)], ...plan });
  const isIpv4 = name !== undefined && /^[0-9.]+$/.test(name);
  return {
    serve: [leaf],
    endpoint: {
      protocol: protocol ?? 'tls',
      serverName: name ?? 'mail.example.com',
      ...(isIpv4 ? { host: name, displayHost: name } : {}),
    },
    finds: refused === undefined ? [] : [critical('name-mismatch', leaf, refused)],
    path: [leaf, root],
    status: refused === undefined ? 'valid' : 'error',
  };
}

describeCases(
  'names',
  [root],
  ROWS.map((row): Case => ({ of: row.of, scene: () => sceneOf(row) })),
);
