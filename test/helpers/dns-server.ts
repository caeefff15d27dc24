/** A small DNS server on loopback (RFC 1035): answers A, AAAA and CAA as the test says, and keeps what it was asked. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { addressBytes } from '../../src/core/ip-address.ts';

/** Addresses; a name among them is a CNAME, and what follows it belongs to that name. */
export type DnsAnswer = readonly string[] | 'nxdomain' | 'servfail' | 'refused' | 'silence';

/** One record: its flags, its tag and its value (RFC 8659, 4.1), or the RDATA itself. */
export type CaaData = readonly [flags: number, tag: string, value: string] | Buffer;

export type CaaAnswer =
  readonly CaaData[] | Extract<DnsAnswer, string> | { readonly aliasOf: string; readonly records: readonly CaaData[] };

export interface DnsServer {
  /** For `dnsServers`. */
  readonly address: string;
  /** `name/A`, `name/CAA`, in the order asked. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const RCODE = { servfail: 2, nxdomain: 3, refused: 5 } as const;

const CNAME = 5;
const CAA = 257;

/** @param caa no name has any if absent. */
export async function startDnsServer(
  answer: (name: string, type: 'A' | 'AAAA') => DnsAnswer,
  caa: (name: string) => CaaAnswer = () => [],
): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = readName(query);
    const code = query.readUInt16BE(end);
    const type = code === CAA ? 'CAA' : code === 28 ? 'AAAA' : 'A';
    asked.push(`${name}/${type}`);
    const given = type === 'CAA' ? caa(name) : answer(name, type);
    if (given === 'silence') return;
    const rcode = typeof given === 'string' ? RCODE[given] : 0;
    const records = typeof given === 'string' ? [] : recordsOf(type, given);
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | rcode, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([header, query.subarray(12, end + 4), ...records]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function recordsOf(type: 'A' | 'AAAA' | 'CAA', given: Exclude<CaaAnswer | DnsAnswer, string>): Buffer[] {
  if ('aliasOf' in given) {
    const target = nameOf(given.aliasOf);
    return [record(CNAME, target), ...given.records.map((data) => record(CAA, caaData(data), target))];
  }
  let owner: Buffer | undefined;
  return given.map((one) => {
    if (typeof one !== 'string') return record(CAA, caaData(one));
    const address = addressBytes(one);
    if (address !== undefined) return record(type === 'A' ? 1 : 28, Buffer.from(address), owner);
    const alias = record(CNAME, nameOf(one), owner);
    owner = nameOf(one);
    return alias;
  });
}

/** `owner` is a pointer to the name that was asked for, unless given. */
function record(type: number, data: Buffer, owner: Buffer = Buffer.from([0xc0, 12])): Buffer {
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 60, 0, 0]);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, head, data]);
}

function caaData(data: CaaData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  const [flags, tag, value] = data;
  return Buffer.concat([Buffer.from([flags, tag.length]), Buffer.from(tag, 'latin1'), Buffer.from(value, 'latin1')]);
}

function nameOf(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}
