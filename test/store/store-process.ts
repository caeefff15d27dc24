/** A process with a store of its own on a data directory, for tests that need several: a JSON line out for each line in. */
import { createInterface } from 'node:readline';
import type { Incoming } from '../../src/core/inbox.ts';
import { openStore } from '../../src/store/open.ts';
import { silentLog } from './silent-log.ts';

const [dataDirectory = ''] = process.argv.slice(2);
const opened = await openStore(
  { databaseUrl: undefined, dataDirectory, mayJoin: true },
  silentLog,
  new AbortController().signal,
);
const { store } = opened;

const command = (externalId: string): Incoming => ({
  platform: 'console',
  externalId,
  teamId: 'local',
  person: { externalId: 'ann', name: 'Ann' },
  conversation: { externalId: 'ops', name: 'ops', isPrivateChat: false },
  text: `said by ${externalId}`,
  mentions: [],
  answerTo: {},
});

const accept = async (stores: Pick<typeof store, 'inbox'>, externalId: string): Promise<void> => {
  const now = new Date();
  await stores.inbox.accept(command(externalId), now, new Date(now.getTime() + 60_000), 0);
};

/** Pairs of rows, alone and in a transaction by turns, four at a time; each is told once it is stored. */
async function write(prefix: string, count: number): Promise<void> {
  let next = 0;
  const writer = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const ids = [`${prefix}-${String(index)}-a`, `${prefix}-${String(index)}-b`] as const;
      if (index % 2 === 0) for (const id of ids) await accept(store, id);
      else
        await store.transaction(async (stores) => {
          for (const id of ids) await accept(stores, id);
        });
      process.stdout.write(`${JSON.stringify(ids)}\n`);
    }
  };
  await Promise.all([writer(), writer(), writer(), writer()]);
}

/** Stays in a transaction that has written, and ends only with the process. */
function hang(): Promise<void> {
  return new Promise((resolve) => {
    void store.transaction(async (stores) => {
      await accept(stores, 'unfinished');
      resolve();
      await new Promise(() => undefined);
    });
  });
}

process.stdout.write(`${JSON.stringify({ joined: opened.joined })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const [word = '', ...rest] = JSON.parse(line) as string[];
  if (word === 'write') await write(rest[0] ?? '', Number(rest[1]));
  if (word === 'hang') await hang();
  process.stdout.write('"done"\n');
}
