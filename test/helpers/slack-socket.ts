/**
 * Slack's side of Socket Mode, in front of the emulator: `apps.connections.open`, and a WebSocket server of its own
 * (RFC 6455) that says hello, sends envelopes, asks to reconnect and drops the line.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SlackEmulator } from './slack-emulator.ts';

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];

export interface Acknowledged {
  readonly envelopeId: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface SlackSocketPeer {
  readonly appToken: string;
  /** How often it was connected to, all told. */
  readonly connections: number;
  /** Waits for that many connections, all told. */
  untilConnected(count: number): Promise<void>;
  /** Waits until nobody is connected. */
  untilGone(): Promise<void>;
  /** Sends an envelope on the newest connection, and waits for its acknowledgement. */
  deliver(type: 'slash_commands' | 'interactive' | 'events_api', payload: unknown): Promise<Acknowledged>;
  /** The same, and does not wait. */
  send(type: string, payload: unknown): void;
  /** Slack recycles its own end. */
  askToReconnect(): void;
  /** The line is cut. */
  drop(): void;
}

interface Line {
  readonly socket: Duplex;
  send(value: unknown): void;
}

export function openSocketMode(slack: SlackEmulator): SlackSocketPeer {
  const appToken = 'xapp-1-A000000001-test';
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  const acknowledgements = new Map<string, (one: Acknowledged) => void>();
  let connections = 0;

  const changed = (): void => {
    for (const look of [...waiting]) look();
  };
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });

  slack.answerWith('apps.connections.open', ({ token }) => {
    const { port } = slack.front.address() as AddressInfo;
    if (token !== appToken) return { ok: false, error: 'invalid_auth' };
    return { ok: true, url: `ws://127.0.0.1:${String(port)}/link?ticket=${randomUUID()}` };
  });

  slack.front.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const key = request.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1')
      .update(key + ACCEPT_SUFFIX)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const line: Line = { socket, send: (value) => void socket.write(frame(TEXT, JSON.stringify(value))) };
    lines.push(line);
    socket.on('close', () => {
      lines.splice(lines.indexOf(line), 1);
      changed();
    });
    socket.on('error', () => socket.destroy());
    readFrames(socket, (opcode, payload) => {
      if (opcode === CLOSE) socket.end(frame(CLOSE, payload));
      else if (opcode === PING) socket.write(frame(PONG, payload));
      else if (opcode === TEXT) {
        const { envelope_id: envelopeId, payload: said } = JSON.parse(payload.toString()) as {
          envelope_id: string;
          payload: Record<string, unknown>;
        };
        acknowledgements.get(envelopeId)?.({ envelopeId, payload: said });
        acknowledgements.delete(envelopeId);
      }
    });
    line.send({ type: 'hello', num_connections: lines.length });
    connections += 1;
    changed();
  });

  const newest = (): Line => {
    const line = lines.at(-1);
    if (line === undefined) throw new Error('nobody is connected');
    return line;
  };
  const envelope = (type: string, payload: unknown) => ({
    envelope_id: randomUUID(),
    type,
    payload,
    accepts_response_payload: type !== 'events_api',
  });

  return {
    appToken,
    get connections() {
      return connections;
    },
    untilConnected: (count) => until(() => connections >= count),
    untilGone: () => until(() => lines.length === 0),
    deliver(type, payload) {
      const sent = envelope(type, payload);
      return new Promise((resolve) => {
        acknowledgements.set(sent.envelope_id, resolve);
        newest().send(sent);
      });
    },
    send(type, payload) {
      newest().send(envelope(type, payload));
    },
    askToReconnect() {
      newest().send({ type: 'disconnect', reason: 'refresh_requested' });
    },
    drop() {
      newest().socket.destroy();
    },
  };
}

/** One frame of a server: whole, unmasked. */
function frame(opcode: number, payload: string | Buffer): Buffer {
  const body = Buffer.from(payload);
  const isShort = body.length < 126;
  const head = Buffer.alloc(isShort ? 2 : 4);
  head[0] = 0x80 | opcode;
  head[1] = isShort ? body.length : 126;
  if (!isShort) head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** Frames of a client: masked, and of ours never in parts. */
function readFrames(socket: Duplex, onFrame: (opcode: number, payload: Buffer) => void): void {
  let kept = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]);
    for (;;) {
      if (kept.length < 2) return;
      const short = (kept[1] ?? 0) & 0x7f;
      const headLength = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (kept.length < headLength) return;
      const length = short === 127 ? Number(kept.readBigUInt64BE(2)) : short === 126 ? kept.readUInt16BE(2) : short;
      const end = headLength + 4 + length;
      if (kept.length < end) return;
      const mask = kept.subarray(headLength, headLength + 4);
      const payload = Buffer.from(kept.subarray(headLength + 4, end).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
      const opcode = (kept[0] ?? 0) & 0x0f;
      kept = kept.subarray(end);
      onFrame(opcode, payload);
    }
  });
}
