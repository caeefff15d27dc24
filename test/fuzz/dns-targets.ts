/** CAA records as text, and answers of DNS as octets: sent on loopback, read by c-ares and made into ours. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { caIdentifiersOf } from '../../src/core/ca-identifiers.ts';
import { caaFault } from '../../src/core/caa.ts';
import type { CaaRecord } from '../../src/core/caa.ts';
import { addressBytes } from '../../src/core/ip-address.ts';
import { MAX_ADDRESSES, createNameResolver } from '../../src/probe/resolve.ts';
import { bytes, hex, must } from './check.ts';
import type { Target } from './target.ts';

const ISSUER = "C=US, O=Let's Encrypt, CN=E5";
const OWN = 'letsencrypt.org';
const MOST_CAA_LENGTH = 8192;
const KNOWN = ['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone'];

/** What CAA says, read the plain way, for both kinds of name. */
function checkCaa(records: readonly CaaRecord[]): void {
  must(caIdentifiersOf("Let's Encrypt")?.join() === OWN, 'the CA has another name');
  const isClosed = records.some(({ critical, tag }) => critical && !KNOWN.includes(tag.toLowerCase()));
  for (const isWildcard of [false, true]) {
    const fault = caaFault({ name: 'example.com', records }, { issuer: ISSUER }, isWildcard);
    const wild = records.filter(({ tag }) => tag.toLowerCase() === 'issuewild');
    const general = records.filter(({ tag }) => tag.toLowerCase() === 'issue');
    const values = (isWildcard && wild.length > 0 ? wild : general).map(({ value }) => value.toLowerCase());
    const isNamed = values.some((value) => value.split(';')[0]?.replace(/^[ \t]+|[ \t]+$/g, '') === OWN);
    must((fault === undefined) === (!isClosed && (values.length === 0 || isNamed)), 'another verdict than the RFC has');
    if (fault?.reason.kind !== 'others-only') continue;
    must(!fault.reason.allowed.includes(OWN), 'allowed, and a fault');
    must(
      fault.reason.allowed.every((one) => /^[a-z0-9.-]+$/.test(one)),
      'a CA whose name is none',
    );
  }
}

export function caaTarget(): Target {
  return {
    name: 'caa',
    seeds: bytes(
      `0 issue "${OWN}; validationmethods=dns-01"\n0 issuewild ";"\n128 iodef "mailto:a@example.com"`,
      `0 issue "${OWN}"\n0 issue "pki.goog"\n0 ISSUE " ${OWN.toUpperCase()} ;x"`,
      '128 tbs "x"\n0 issue ";"\n0 issuewild "a-b.example.--"',
    ),
    words: bytes('issue', 'issuewild', '128', '\n', ';', '-', '.', '\t', ' ', OWN, 'a.', 'a-', '\u0000', '\u212a'),
    run(input) {
      const records = input
        .toString('latin1')
        .split('\n')
        .map((line): CaaRecord => {
          const [, flags = '0', tag = '', value = ''] = /^(\d*) ?([^ ]*) ?"?(.*?)"?$/s.exec(line) ?? [];
          return { critical: (Number(flags) & 0x80) !== 0, tag, value };
        });
      checkCaa(records);
    },
  };
}

const A = hex('c00c000100010000003c0004c0000201');
const AAAA = hex('c00c001c00010000003c001020010db8000000000000000000000001');
const ALIAS = hex('c00c000500010000003c0002c00c');
const caaRecord = (flags: number, tag: string, value: string): Buffer => {
  const data = Buffer.concat([Buffer.of(flags, tag.length), Buffer.from(tag + value, 'latin1')]);
  return Buffer.concat([hex('c00c010100010000003c'), Buffer.of(data.length >> 8, data.length & 0xff), data]);
};

/** An input is the number of records and the records; all else of the answer fits the question. */
function answerTo(query: Buffer, input: Buffer): Buffer {
  let end = 12;
  while ((query[end] ?? 0) !== 0) end += 1 + (query[end] ?? 0);
  const head = Buffer.concat([query.subarray(0, 2), hex('8180000100'), Buffer.of(input[0] ?? 0), hex('00000000')]);
  return Buffer.concat([head, query.subarray(12, end + 5), input.subarray(1, 1200)]);
}

/** The CAA records of an answer that nothing is wrong with; `undefined` for any other. */
function plainRecords(input: Buffer): string[] | undefined {
  const texts: string[] = [];
  let at = 1;
  for (let left = input[0] ?? 0; left > 0; left -= 1) {
    if (at + 12 > input.length || input.readUInt16BE(at) !== 0xc00c || input.readUInt32BE(at + 2) !== 0x0101_0001) {
      return undefined;
    }
    const data = input.subarray(at + 12, at + 12 + input.readUInt16BE(at + 10));
    const [flags = 0, length = 0] = data;
    const [tag, value] = [data.toString('latin1', 2, 2 + length), data.toString('latin1', 2 + length)];
    const isWhole = at + 12 + input.readUInt16BE(at + 10) <= input.length && tag.length === length;
    if (!isWhole || !/^[a-z]{1,15}$/.test(tag) || tag === 'critical' || !/^[ -~]+$/.test(value)) return undefined;
    texts.push(`${tag} ${value} ${String(flags >= 0x80)}`);
    at += 12 + data.length;
  }
  return at === input.length ? texts.sort() : undefined;
}

export async function dnsTarget(): Promise<Target> {
  let answer: Buffer = Buffer.alloc(0);
  let asked = 0;
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => socket.send(answerTo(query, answer), from.port, from.address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  // It lives as long as questions are under way.
  socket.unref();
  const names = createNameResolver({
    dnsServers: [`127.0.0.1:${socket.address().port}`],
    hostsFile: 'no-such-file',
    resolvConfFile: 'no-such-file',
  });
  return {
    name: 'dns',
    seeds: [
      Buffer.concat([Buffer.of(4), ALIAS, A, A, AAAA]),
      Buffer.concat([
        Buffer.of(3),
        caaRecord(0, 'issue', OWN),
        caaRecord(128, 'critical', 'x'),
        caaRecord(0, 'iodef', ''),
      ]),
      Buffer.concat([Buffer.of(2), caaRecord(0, 'issue', OWN), caaRecord(128, 'tbs', 'x')]),
      Buffer.concat([Buffer.of(40), ...Array<Buffer>(40).fill(A)]),
    ],
    words: [
      A,
      AAAA,
      ALIAS,
      caaRecord(255, '__proto__', 'x'),
      caaRecord(0, '0', OWN),
      hex('c00c'),
      hex('0101'),
      hex('ffff'),
    ],
    async run(input) {
      answer = input;
      asked += 1;
      const { signal } = new AbortController();
      const host = `n${asked}.example`;
      const [resolution, records] = await Promise.all([
        names.resolve({ host, hostKind: 'name' }, signal),
        names.caa(host, signal),
      ]);
      if (resolution.outcome === 'ok') {
        const { addresses, notProbed } = resolution;
        must(addresses.length > 0 && addresses.length <= MAX_ADDRESSES && notProbed >= 0, 'addresses out of bounds');
        must(new Set(addresses).size === addresses.length, 'an address twice');
        must(
          addresses.every((one) => addressBytes(one) !== undefined),
          'an address that is none',
        );
      } else {
        must(resolution.detail !== '', 'a failure without words');
      }
      if (records === undefined) return;
      const length = records.reduce((sum, { tag, value }) => sum + tag.length + value.length, 0);
      must(length <= MOST_CAA_LENGTH, 'records without bounds');
      must(
        records.every(
          ({ critical, tag, value }) =>
            typeof critical === 'boolean' && typeof tag === 'string' && typeof value === 'string',
        ),
        'a record that is none',
      );
      const texts = records.map(({ critical, tag, value }) => `${tag} ${value} ${String(critical)}`);
      const plain = input.length > 1200 ? undefined : plainRecords(input);
      must(plain === undefined || plain.join('\n') === texts.join('\n'), 'other records than were sent');
      checkCaa(records);
    },
  };
}
