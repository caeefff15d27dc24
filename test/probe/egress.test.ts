import { describe, expect, it } from 'vitest';
import { EgressError, createEgress } from '../../src/probe/egress.ts';

const STRICT = { allow: [], deny: [], loopbackAllowed: false, privateAllowed: false };
const OPEN = { allow: ['0.0.0.0/0', '::/0'], deny: [], loopbackAllowed: true, privateAllowed: true };

/** Refused whatever the settings say. */
const NEVER = [
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '169.254.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fe80::1',
  'febf::1',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  'ff02::1',
  // Forms that stand for one of these.
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  '::169.254.169.254',
  '::ffff:0:169.254.169.254',
  '64:ff9b::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::169.254.169.254',
  '2002:a9fe:a9fe::1',
  '2001:0:a9fe:a9fe::1',
  '2001:0:c000:201::5601:5601',
  '2001:db8::5efe:a9fe:a9fe',
  '2001:db8::200:5efe:a9fe:a9fe',
  '::ffff:0.0.0.0',
  '::ffff:224.0.0.1',
  '64:ff9b::255.255.255.255',
  '2002:e000:1::',
  // Notations that a socket would take for one of these, and that no resolver gives.
  '0251.0376.0251.0376',
  '0xa9.0xfe.0xa9.0xfe',
  '2852039166',
  '0xa9fea9fe',
  '169.254.43518',
  '169.16689662',
  '169.254.169.254.',
  ' 169.254.169.254',
  '[::ffff:169.254.169.254]',
  'fe80::1%eth0',
  '127.1',
  '0',
  '',
  'localhost',
];

const LOOPBACK = [
  '127.0.0.1',
  '127.255.0.9',
  '::1',
  '::ffff:127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::1',
  '::127.0.0.1',
];
const PRIVATE = [
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fc00::1',
  'fdff::1',
  'fec0::1',
  '::ffff:10.0.0.1',
  '64:ff9b::192.168.1.1',
];
const PUBLIC = [
  '192.0.2.1',
  '172.32.0.1',
  '100.128.0.1',
  '8.8.8.8',
  '2001:db8::1',
  '64:ff9b::8.8.8.8',
  '::ffff:8.8.8.8',
];

describe('egress', () => {
  it.each(NEVER)('never connects to "%s"', (address) => {
    expect(createEgress(OPEN).judge(address).allowed).toBe(false);
    expect(createEgress(STRICT).judge(address).allowed).toBe(false);
    expect(createEgress(OPEN).judgeFetch(address, 80).allowed).toBe(false);
  });

  it.each([
    { kind: 'loopback', addresses: LOOPBACK, switchedOn: { loopbackAllowed: true } },
    { kind: 'private', addresses: PRIVATE, switchedOn: { privateAllowed: true } },
  ])('connects to $kind addresses where that is allowed', ({ addresses, switchedOn }) => {
    for (const address of addresses) {
      expect([address, createEgress(STRICT).judge(address).allowed]).toEqual([address, false]);
      expect([address, createEgress({ ...STRICT, ...switchedOn }).judge(address).allowed]).toEqual([address, true]);
      const byName = createEgress({ ...STRICT, allow: ['0.0.0.0/0', '::/0'] });
      expect([address, byName.judge(address).allowed]).toEqual([address, true]);
    }
  });

  it.each(PUBLIC)('connects to %s', (address) => {
    expect(createEgress(STRICT).judge(address)).toEqual({ allowed: true });
  });

  it('DENY beats ALLOW, also for the IPv4 address inside an IPv6 one', () => {
    const egress = createEgress({ ...OPEN, deny: ['192.0.2.0/24', '2001:db8:5::7'] });
    const judged = ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8:5::7', '192.0.3.9', '2001:db8:5::8'].map(
      (address) => egress.judge(address).allowed,
    );
    expect(judged).toEqual([false, false, false, true, true]);
  });

  it.each([
    { address: '192.0.2.1', port: 80, allow: [], allowed: true },
    { address: '192.0.2.1', port: 443, allow: [], allowed: true },
    { address: '192.0.2.1', port: 8080, allow: [], allowed: false },
    { address: '10.0.0.1', port: 80, allow: [], allowed: false },
    { address: '127.0.0.1', port: 80, allow: [], allowed: false },
    { address: '10.0.0.1', port: 8080, allow: ['10.0.0.0/8'], allowed: true },
    { address: '127.0.0.1', port: 1234, allow: ['127.0.0.1'], allowed: true },
  ])("a peer's URL to $address:$port with ALLOW $allow: $allowed", ({ address, port, allow, allowed }) => {
    const egress = createEgress({ allow, deny: [], loopbackAllowed: true, privateAllowed: true });
    expect(egress.judgeFetch(address, port).allowed).toBe(allowed);
  });

  it('says why', () => {
    expect(createEgress(STRICT).judge('169.254.169.254')).toEqual({
      allowed: false,
      reason: 'metadata addresses are never connected to',
    });
  });

  it.each([
    '10.0.0.0/33',
    'fd00::/129',
    '10/8',
    '10.0/8',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/+8',
    '10.0.0.0/8/8',
    'fe80::%eth0/10',
    '',
    'intranet',
  ])('"%s" is no network, and is refused at start', (text) => {
    expect(() => createEgress({ ...STRICT, deny: [text] })).toThrow(EgressError);
  });
});
