import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer } from '../../src/demo/tls-servers.ts';
import { startCertmon } from '../helpers/certmon-process.ts';
import type { CertmonProcess } from '../helpers/certmon-process.ts';
import { createDatabase, startPostgres } from '../helpers/postgres-server.ts';
import type { PostgresServer } from '../helpers/postgres-server.ts';

let directory: string;
let postgres: PostgresServer;
let databaseUrl: string;
let server: DemoServer;
const running: CertmonProcess[] = [];

function start(words: readonly string[], env: Record<string, string> = {}): CertmonProcess {
  const started = startCertmon(words, {
    CERTMON_DATA_DIR: join(directory, 'data'),
    CERTMON_EXTRA_CA_FILE: join(directory, 'ca.pem'),
    CERTMON_EGRESS_ALLOW: '127.0.0.0/8',
    DATABASE_URL: databaseUrl,
    PORT: '0',
    ...env,
  });
  running.push(started);
  return started;
}

async function readiness(certmon: CertmonProcess): Promise<{ status: number; body: unknown }> {
  const port = /"port":(\d+)/.exec(certmon.noise())?.[1];
  const response = await fetch(`http://127.0.0.1:${String(port)}/readyz`);
  return { status: response.status, body: await response.json() };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certmon-e2e-'));
  const authority = await createAuthority('Test Root');
  await writeFile(join(directory, 'ca.pem'), authority.pem);
  const notAfter = new Date(Date.now() - 86_400_000);
  server = await startTlsServer({
    ...(await authority.issueLeaf({
      ip: ['127.0.0.1'],
      notAfter,
      notBefore: new Date(notAfter.getTime() - 86_400_000),
    })),
    host: '127.0.0.1',
  });
  postgres = await startPostgres();
  databaseUrl = await createDatabase(postgres.url);
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.kill('SIGKILL');
});

afterAll(async () => {
  await server.close();
  await postgres.remove();
  await rm(directory, { recursive: true, force: true });
});

describe('on a PostgreSQL server', () => {
  it('a database that is away at the start is waited for, and one that goes away is said and survived', async () => {
    await postgres.stop();
    const service = start(['start'], { LOG_LEVEL: 'info' });
    await service.untilNoise('database cannot be reached, certmon waits for it');

    await postgres.start();
    await service.untilNoise('certmon is ready');
    expect(await readiness(service)).toMatchObject({ status: 200, body: { ready: true, degraded: [] } });
    const person = start(['console', '--json']);
    expect(await person.ask('list')).toMatchObject({ ok: true });

    await postgres.stop();
    await service.untilNoise('database is away');
    expect(await readiness(service)).toMatchObject({
      status: 200,
      body: { ready: true, degraded: [expect.stringContaining('database is away')] },
    });
    const refused = await person.ask(`add 127.0.0.1:${String(server.port)} https`);
    expect(refused).toMatchObject({ ok: false });
    expect(refused.text).toMatch(/database/);

    await postgres.start();
    await service.untilNoise('database is back');
    expect(await person.ask('list')).toMatchObject({ ok: true, monitors: [] });
    expect(await service.kill('SIGTERM')).toBe(0);
    expect(await person.end()).toBe(0);
  });

  it('told to stop while it waits for the database, it ends at once and well', async () => {
    const service = start(['start'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
    await service.untilNoise('certmon waits for it');

    expect(await service.kill('SIGTERM')).toBe(0);
  });

  it('two processes on one database check each monitor and say each thing once', async () => {
    const [one, two] = [start(['console', '--json']), start(['console', '--json'])];
    await Promise.all([one.ask('list'), two.ask('list')]);

    const [added, duplicate] = await Promise.all(
      [one, two].map((person) => person.ask(`add 127.0.0.1:${String(server.port)} https`)),
    );
    expect([added?.ok, duplicate?.ok].sort()).toEqual([false, true]);
    const said = () => [...one.lines, ...two.lines].filter((line) => line.type === 'head' || line.type === 'thread');
    await Promise.race([one.until((line) => line.type === 'thread'), two.until((line) => line.type === 'thread')]);
    const [acknowledged, late] = await Promise.all([one.ask('ack #1'), two.ask('ack #1')]);
    expect([acknowledged.ok, late.ok].sort()).toEqual([false, true]);
    await Promise.race([one.until((line) => line.type === 'edit'), two.until((line) => line.type === 'edit')]);

    expect(said().filter((line) => line.type === 'head')).toHaveLength(1);
    expect(said().filter((line) => line.text.includes('Opened'))).toHaveLength(1);
    expect(await Promise.all([one.end(), two.end()])).toEqual([0, 0]);
  });
});
