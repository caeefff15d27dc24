/** The dialogues of STARTTLS, in memory: the real reader and the real dialogue, over a stream in the socket's place. */
import { Duplex } from 'node:stream';
import { startDeadline } from '../../src/probe/deadline.ts';
import { ProbeError } from '../../src/probe/errors.ts';
import { LIMIT_BYTES, openPlaintext } from '../../src/probe/plaintext.ts';
import { dialogueOf } from '../../src/probe/protocols/index.ts';
import { GO_AHEAD } from '../helpers/dialogue-turns.ts';
import type { StartTlsProtocol, Turn } from '../helpers/dialogue-turns.ts';
import type { Target } from './target.ts';

const WORDS = [
  '220 x\r\n',
  '220-x\r\n',
  '250 STARTTLS\r\n',
  '250-x\r\n',
  '421 x\r\n',
  '454 x\r\n',
  '* OK [CAPABILITY STARTTLS]\r\n',
  '* CAPABILITY STARTTLS\r\n',
  '* BYE\r\n',
  'a1 OK\r\n',
  'a2 OK\r\n',
  '{12}\r\n',
  '+OK\r\n',
  '-ERR [SYS/TEMP]\r\n',
  'STLS\r\n',
  '.\r\n',
  '120 x\r\n',
  '234 x\r\n',
  '504 x\r\n',
  '\r\n',
  '\n',
  'S',
  'N',
  'E\0\0\0\u0009',
  '0\u000c\u0002\u0001\u0001x\u0007\n\u0001\0\u0004\0\u0004\0',
  '0\u000c\u0002\u0001\0x\u0007\n\u0001\u0034\u0004\0\u0004\0',
  '\u00ff\u0010\u0004',
].map((text) => Buffer.from(text, 'latin1'));

/** What a dialogue may end in, besides the go-ahead. */
const ENDS: ReadonlySet<string> = new Set([
  'tls-not-offered',
  'temporarily-refused',
  'protocol-error',
  'plaintext-injection',
  'reset',
]);

/** `more` are further conversations to start from: what the server says, one after the other. */
export function dialogueTarget(protocol: StartTlsProtocol, more: readonly (string | Buffer)[] = []): Target {
  const usual = (GO_AHEAD[protocol] as readonly Turn[]).flatMap((turn) =>
    typeof turn === 'string' || Buffer.isBuffer(turn) ? [Buffer.from(turn)] : [],
  );
  return {
    name: `dialogue-${protocol}`,
    seeds: [Buffer.concat(usual), ...more.map((one) => Buffer.from(one))],
    words: WORDS,
    async run(_, pieces) {
      const peer = new MemoryPeer();
      const deadline = startDeadline(5000, new AbortController().signal);
      const plaintext = openPlaintext(peer, deadline, 5000);
      try {
        const talked = dialogueOf({ protocol, direct: false })(plaintext).then(() => plaintext.release());
        // Only one of the two is waited for to its end; the other must not go unheard.
        talked.catch(() => undefined);
        await peer.sayAll(pieces);
        await talked;
      } catch (error) {
        if (!(error instanceof ProbeError) || !ENDS.has(error.code)) throw error;
      } finally {
        plaintext.abandon();
        deadline.clear();
        peer.destroy();
      }
      if (peer.taken > LIMIT_BYTES + peer.longest) throw new Error(`${protocol} took in ${peer.taken} bytes`);
    },
  };
}

class MemoryPeer extends Duplex {
  /** Bytes that were not left waiting. */
  taken = 0;
  longest = 0;

  override _read(): void {
    // Everything is pushed by `sayAll`.
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  /** Each piece arrives by itself. The end comes when a dialogue that had all it wants would be done. */
  async sayAll(pieces: readonly Buffer[]): Promise<void> {
    this.on('data', (chunk: Buffer) => {
      this.taken += chunk.length;
      this.longest = Math.max(this.longest, chunk.length);
    });
    for (const piece of pieces) this.push(piece);
    for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    this.push(null);
  }
}
