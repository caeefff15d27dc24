import { describe, expect, it } from 'vitest';
import type { OutboxContent } from '../../../src/core/ports.ts';
import { certificate, inDays, observation, servingLeaf } from '../../helpers/builders.ts';
import { bench, wellObservation } from './bench.ts';
import type { Bench } from './bench.ts';

const MINUTE_MS = 60_000;

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `add h${String(index)}.example https`).join('\n');

/** `expired` of them have run out, the rest are well. */
async function withHosts(expired: number): Promise<Bench> {
  const opened = await bench();
  for (let index = 0; index < expired; index += 1) {
    const host = `h${String(index)}.example`;
    opened.services.set(host, wellObservation(host, -1));
  }
  return opened;
}

/** What may be said now, each once. */
async function said({ store, deps }: Bench): Promise<OutboxContent[]> {
  const found: OutboxContent[] = [];
  for (;;) {
    const items = await store.outbox.claim(['console'], deps.clock.now(), 50, 1_000);
    if (items.length === 0) return found;
    for (const item of items) {
      found.push(item.content);
      await store.outbox.sent(item, item.rowId, deps.clock.now(), deps.clock.now());
    }
  }
}

const kinds = (contents: readonly OutboxContent[]): string[] => contents.map(({ kind }) => kind).sort();

describe('first sight in bulk', () => {
  it('is one summary, with threads for the ten worst; the rest open theirs at their first change', async () => {
    const opened = await withHosts(13);
    expect(await opened.send(lines(15))).toMatchObject({ ok: true });
    const first = await said(opened);
    expect(kinds(first)).toEqual([
      ...Array.from({ length: 10 }, () => 'head'),
      'notice',
      ...Array.from({ length: 10 }, () => 'thread'),
    ]);
    const notice = first.find((content) => content.kind === 'notice');
    expect(notice).toMatchObject({
      severity: 'critical',
      title: '15 monitors added: 13 problems found at first sight',
      lines: [
        'The 10 worst have threads here; the others open theirs when they change:',
        expect.stringMatching(/^• #11 critical: h\d+\.example: certificate expired 1 day ago$/),
        expect.stringMatching(/^• #12 critical: /),
        expect.stringMatching(/^• #13 critical: /),
        'The command incidents lists them all.',
      ],
    });
    opened.later(60 * MINUTE_MS);
    expect(await said(opened)).toEqual([]);
    await opened.send('ack #12');
    expect(kinds(await said(opened))).toEqual(['head', 'thread']);
  });

  it('what several of them share is told once, also where it was opened by the first', async () => {
    const opened = await bench();
    const shared = certificate({
      subject: 'CN=*.example',
      notBefore: inDays(-90),
      notAfter: inDays(-1),
      subjectAltNames: [{ type: 'dns', value: '*.example' }],
    });
    for (let index = 0; index < 8; index += 1) {
      opened.services.set(`h${String(index)}.example`, observation({ addresses: [servingLeaf(shared)] }));
    }
    await opened.send(lines(8));
    expect(kinds(await said(opened))).toEqual(['head', 'notice', 'thread']);
  });

  it('all well: nothing is said', async () => {
    const opened = await withHosts(0);
    await opened.send(lines(3));
    expect(await said(opened)).toEqual([]);
  });

  it('one that is cut off before the summary is told after half an hour, one by one', async () => {
    const opened = await withHosts(12);
    const { store } = opened;
    const transaction = store.transaction.bind(store);
    let isCutOff = false;
    const cutShort: typeof transaction = (work) =>
      transaction((stores) =>
        work({
          ...stores,
          outbox: {
            ...stores.outbox,
            queueNotice: () => {
              isCutOff = true;
              throw new Error('cut off');
            },
          },
        }),
      );
    Object.assign(opened.deps.store, { transaction: cutShort });
    await opened.send(lines(12));
    Object.assign(opened.deps.store, { transaction });
    expect(isCutOff).toBe(true);
    expect(await said(opened)).toEqual([]);
    opened.later(31 * MINUTE_MS);
    expect(kinds(await said(opened)).filter((kind) => kind === 'head')).toHaveLength(12);
  });
});
