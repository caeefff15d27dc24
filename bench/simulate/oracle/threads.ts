/** What people see: the heads and threads of each channel, read back from what the platform was given. */
import type { HeadAlert, ThreadAlert } from '../../../src/core/alert.ts';
import type { Message } from '../platform.ts';
import type { Key } from './facts.ts';

export interface Thread {
  readonly channel: string;
  readonly key: Key;
  readonly number: number;
  readonly postedAtMs: number;
  /** As it was last edited. */
  head: HeadAlert;
  headAtMs: number;
  /** When the head first said resolved, and has since. */
  resolvedAtMs: number | undefined;
  readonly replies: Reply[];
}

export interface Reply {
  readonly what: What;
  readonly atMs: number;
  readonly broadcast: boolean;
  readonly text: string;
}

/** What a reply tells, by how it begins. */
export type What =
  | 'opened'
  | 'reopened'
  | `crossed ${number}`
  | 'worse'
  | 'left'
  | 'closed'
  | 'person'
  | 'silence ended'
  | 'reminder'
  | 'escalated'
  | 'noted';

export function whatIsTold(content: ThreadAlert): What {
  const text = content.lines[0] ?? '';
  const crossed = /crossed the (\d+)-day threshold/.exec(text);
  if (crossed !== null) return `crossed ${Number(crossed[1])}`;
  if (text.startsWith('Opened at')) return 'opened';
  if (text.startsWith('It is back')) return 'reopened';
  if (text.startsWith('Worse')) return 'worse';
  if (text.startsWith('No longer affected')) return 'left';
  if (text.startsWith('Resolved')) return 'closed';
  if (text.startsWith('The silence has ended')) return 'silence ended';
  if (/^(Reminder|Still)/.test(text)) return 'reminder';
  if (text.endsWith('told too.')) return 'escalated';
  if (/acknowledged this|took the acknowledgement|silenced this|ended the silence|accepted/.test(text)) return 'person';
  return 'noted';
}

/** The certificate or issuer that the head names, else the one host it is about. */
export function keyOf(head: HeadAlert, hostOf: (monitorId: string) => string): Key {
  const fingerprint = head.facts.find(({ label }) => label === 'Fingerprint')?.value;
  if (fingerprint !== undefined) return fingerprint;
  const [first] = head.monitorIds;
  return first === undefined ? `incident ${String(head.incident.number)}` : hostOf(first);
}

export interface ThreadBook {
  readonly all: readonly Thread[];
  /** The thread that a message opened, changed or went on with; `undefined` for a notice. */
  take(message: Message): Thread | undefined;
  at(channel: string, key: Key): readonly Thread[];
}

export function createThreadBook(hostOf: (monitorId: string) => string): ThreadBook {
  const all: Thread[] = [];
  const byHead = new Map<string, Thread>();
  const byPlace = new Map<string, Thread[]>();
  return {
    all,
    take({ id, channel, how, headId, content, atMs }) {
      if (content.kind === 'notice') return undefined;
      if (content.kind === 'thread') {
        const thread = byHead.get(headId ?? '');
        thread?.replies.push({
          what: whatIsTold(content),
          atMs,
          broadcast: content.broadcast,
          text: content.lines.join(' '),
        });
        return thread;
      }
      const isOver = content.status === 'resolved';
      if (how === 'post') {
        const key = keyOf(content, hostOf);
        const thread: Thread = {
          channel,
          key,
          number: content.incident.number,
          postedAtMs: atMs,
          head: content,
          headAtMs: atMs,
          resolvedAtMs: isOver ? atMs : undefined,
          replies: [],
        };
        all.push(thread);
        byHead.set(id, thread);
        const place = `${channel} ${key}`;
        byPlace.set(place, [...(byPlace.get(place) ?? []), thread]);
        return thread;
      }
      const thread = byHead.get(headId ?? '');
      if (thread === undefined) return undefined;
      thread.head = content;
      thread.headAtMs = atMs;
      thread.resolvedAtMs = isOver ? (thread.resolvedAtMs ?? atMs) : undefined;
      return thread;
    },
    at: (channel, key) => byPlace.get(`${channel} ${key}`) ?? [],
  };
}
