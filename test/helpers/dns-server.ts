/** A small DNS server on loopback (RFC 1035): answers A and AAAA as the test says, and keeps what it was asked. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { addressBytes } from '../../src/core/ip-address.ts';

export type DnsAnswer = readonly string[] | 'nxdomain' | 'servfail' | 'refused' | 'silence';

export interface DnsServer {
  /** For `dnsServers`. */
  readonly address: string;
  /** `name/A`, in the order asked. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const RCODE = { servfail: 2, nxdomain: 3, refused: 5 } as const;

export async function startDnsServer(answer: (name: string, type: 'A' | 'AAAA') => DnsAnswer): Promise<DnsServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = readName(query);
    const type = query.readUInt16BE(end) === 28 ? 'AAAA' : 'A';
    asked.push(`${name}/${type}`);
    const given = answer(name, type);
    if (given === 'silence') return;
    const rcode = typeof given === 'string' ? RCODE[given] : 0;
    const records = typeof given === 'string' ? [] : given.map((address) => record(type, address));
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

function record(type: 'A' | 'AAAA', address: string): Buffer {
  const bytes = addressBytes(address) ?? new Uint8Array();
  const head = Buffer.from([0xc0, 12, 0, type === 'A' ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, bytes.length]);
  return Buffer.concat([head, bytes]);
}
