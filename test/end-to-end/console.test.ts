import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../src/demo/authority.ts';
import type { Issuer } from '../../src/demo/authority.ts';
import { startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer } from '../../src/demo/tls-servers.ts';
import { startCertmon } from '../helpers/certmon-process.ts';
import type { CertmonProcess } from '../helpers/certmon-process.ts';

const DAY_MS = 86_400_000;

let directory: string;
let authority: Issuer;
let server: DemoServer;
let place: string;
const running: CertmonProcess[] = [];

const leafFor = async (daysLeft: number) => {
  const notAfter = new Date(Date.now() + daysLeft * DAY_MS);
  const { chainPem, keyPem } = await authority.issueLeaf({
    dns: ['mail.example.com'],
    notBefore: new Date(notAfter.getTime() - 90 * DAY_MS),
    notAfter,
  });
  return { chainPem, keyPem };
};

function environment(): Record<string, string> {
  return {
    CERTMON_DATA_DIR: join(directory, 'data'),
    CERTMON_EXTRA_CA_FILE: join(directory, 'ca.pem'),
    PORT: '0',
  };
}

function start(words: readonly string[], env: Record<string, string> = {}): CertmonProcess {
  const started = startCertmon(words, { ...environment(), ...env });
  running.push(started);
  return started;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certmon-e2e-'));
  authority = await createAuthority('Test Root');
  await writeFile(join(directory, 'ca.pem'), authority.pem);
  server = await startTlsServer({ ...(await leafFor(80.5)), host: '127.0.0.1' });
  place = `127.0.0.1:${String(server.port)}`;
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.kill('SIGKILL');
});

afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

describe('the whole loop on the console', () => {
  it('adds, alerts, acknowledges, resolves, and has it all after a restart', async () => {
    const first = start(['console', '--json']);
    expect(await first.ask('group add ops')).toMatchObject({ type: 'reply', ok: true, inReplyTo: 1 });
    expect(await first.ask('group map ops #ops')).toMatchObject({ ok: true });

    const added = await first.ask(`add ${place} https --sni mail.example.com --name Mail --group ops`);
    expect(added).toMatchObject({
      ok: true,
      status: 'valid',
      monitors: [expect.stringMatching(/^CM[0-9a-f]{32}$/)],
      probe: { status: 'valid', daysLeft: 80, findings: [], serverName: 'mail.example.com', port: server.port },
    });

    server.replaceCertificate(await leafFor(-1.5));
    expect(await first.ask('check Mail')).toMatchObject({
      status: 'expired',
      probe: {
        status: 'expired',
        daysLeft: -2,
        findings: [
          { code: 'expired', severity: 'critical' },
          { code: 'certificate-changed', severity: 'info' },
        ],
      },
    });
    expect(await first.until((line) => line.type === 'head')).toMatchObject({
      channel: '#ops',
      incident: '#1',
      severity: 'critical',
      status: 'open',
      acknowledgedBy: null,
      monitors: added.monitors,
    });
    expect((await first.until((line) => line.type === 'thread')).text).toContain('Fingerprint');

    expect(await first.ask('ack #1')).toMatchObject({ ok: true, incident: '#1' });
    expect(await first.until((line) => line.type === 'edit')).toMatchObject({
      incident: '#1',
      acknowledgedBy: expect.stringMatching(/./) as string,
    });

    const before = first.lines.length;
    server.replaceCertificate(await leafFor(80.5));
    expect(await first.ask('check Mail')).toMatchObject({
      status: 'valid',
      probe: { findings: [{ code: 'certificate-changed', severity: 'info' }] },
    });
    const resolved = await first.until((line) => line.type === 'edit' && line.status === 'resolved', before);
    expect(resolved.text).toContain('the certificate was renewed');
    expect(await first.end()).toBe(0);

    const second = start(['console', '--json']);
    expect(await second.ask('list')).toMatchObject({ ok: true, monitors: added.monitors });
    expect((await second.ask('show Mail')).text).toContain('valid');
    expect((await second.ask('incidents #1')).text).toContain('the certificate was renewed');
    expect((await second.ask('group show ops')).text).toContain('#ops');
    expect(await second.ask('ack #1')).toMatchObject({ ok: false, incident: '#1', status: 'resolved' });
    expect(await second.end()).toBe(0);
  });

  it('an open incident and what was not yet said survive a kill', async () => {
    server.replaceCertificate(await leafFor(80.5));
    const first = start(['console', '--json']);
    await first.ask(`add ${place} tls --sni mail.example.com --name Killed`);
    server.replaceCertificate(await leafFor(-3.5));
    await first.ask('check Killed');
    await first.kill('SIGKILL');

    const second = start(['console', '--json']);
    const open = await second.ask('incidents');
    expect(open.text).toMatch(/expired/);
    const number = /#\d+/.exec(open.text)?.[0];
    const heads = [...first.lines, ...second.lines].filter((line) => line.type === 'head' && line.incident === number);
    if (heads.length === 0) await second.until((line) => line.type === 'head' && line.incident === number);
    expect(await second.ask(`ack ${String(number)}`)).toMatchObject({ ok: true });
    expect(await second.ask('remove Killed')).toMatchObject({ ok: true });
    server.replaceCertificate(await leafFor(80.5));
    expect(await second.end()).toBe(0);
  });
});

describe('bad input changes nothing and says what is right', () => {
  it('each is answered with what is wrong', async () => {
    const certmon = start(['console', '--json']);
    await certmon.ask(`add ${place} smtps --sni mail.example.com --name Only`);
    const before = await certmon.ask('list');

    const wrong: readonly [string, RegExp][] = [
      ['add mail.example.com smpt', /smtp/],
      ['add mail.example.com:99999 https', /65535/],
      ['add mail.example.com:abc https', /port/i],
      ['add mail.example.com tls', /port/i],
      ['add no-such-name.invalid https', /no-such-name\.invalid/],
      [`add ${place} smtps --sni mail.example.com`, /Only/],
      ['show Onyl', /Only/],
      ['add mail.example.com https --group opps', /opps/],
      ['group map nobody #x', /nobody/],
      ['add "mail.example.com https', /quote/i],
      [`show ${'x'.repeat(10_000)}`, /long|2,000/],
      ['lst', /list/],
      ['frobnicate', /help/],
      ['snooze #99 1h', /#99/],
      ['ack', /ack INCIDENT/],
      ['add <b>&amp;*mail*</b> https', /b/],
    ];
    for (const [line, says] of wrong) {
      const reply = await certmon.ask(line);
      expect(reply, line).toMatchObject({ ok: false });
      expect(reply.text, line).toMatch(says);
      expect(reply.text.length, line).toBeLessThan(2_000);
    }

    const after = await certmon.ask('list');
    expect(after.monitors).toEqual(before.monitors);
    expect(await certmon.ask('remove Only')).toMatchObject({ ok: true });
    expect(await certmon.end()).toBe(0);
  });

  it('markup and escapes in a name are shown as text', async () => {
    const certmon = start(['console', '--json']);
    const name = '<!channel> *x* \u001b[31mred\u001b[0m \u202egnp';
    const added = await certmon.ask(`add ${place} imaps --sni mail.example.com --name "${name}"`);

    expect(added.text).toContain('<!channel> *x*');
    for (const hidden of ['\u001b', '\u202e']) expect(added.text).not.toContain(hidden);
    await certmon.ask(`remove ${added.monitors[0] ?? ''}`);
    expect(await certmon.end()).toBe(0);
  });
});

describe('one owner of a data directory', () => {
  it('a second start is refused, a console joins, and a dead owner is taken over', async () => {
    const owner = start(['start'], { LOG_LEVEL: 'info', CERTMON_EGRESS_ALLOW: '127.0.0.0/8' });
    await owner.untilNoise('certmon is ready');
    await owner.untilNoise('SLACK_SIGNING_SECRET');

    const refused = start(['start']);
    await refused.untilNoise('owns the data directory');
    expect(await refused.end()).toBe(1);

    const joined = start(['console', '--json']);
    const added = await joined.ask(`add ${place} pops --sni mail.example.com --name Joined`);
    expect(added).toMatchObject({ ok: true, probe: { status: 'valid' } });
    server.replaceCertificate(await leafFor(-1.5));
    await joined.ask('check Joined');
    expect(await joined.until((line) => line.type === 'head')).toMatchObject({ severity: 'critical', status: 'open' });
    server.replaceCertificate(await leafFor(80.5));
    await joined.ask('check Joined');
    await joined.until((line) => line.status === 'resolved');
    expect(await joined.end()).toBe(0);

    await owner.kill('SIGKILL');
    const next = start(['console', '--json']);
    expect((await next.ask('list')).monitors).toContain(added.monitors[0]);
    await next.ask('remove Joined');
    expect(await next.end()).toBe(0);
  });

  it('SIGTERM ends it cleanly within 10 s', async () => {
    const certmon = start(['start'], { LOG_LEVEL: 'info' });
    await certmon.untilNoise('certmon is ready');
    const asked = performance.now();

    expect(await certmon.kill('SIGTERM')).toBe(0);
    expect(performance.now() - asked).toBeLessThan(10_000);
  });
});

describe('bad surroundings', () => {
  it('all wrong settings are said at once, before anything connects', async () => {
    const certmon = start(['start'], { PORT: 'x', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://h/d' });

    await certmon.untilNoise('LOG_LEVEL');
    expect(await certmon.end()).toBe(1);
    for (const name of ['3 wrong settings', 'PORT: ', 'LOG_LEVEL: ', 'DATABASE_URL: '])
      expect(certmon.noise()).toContain(name);
  });

  it('a data directory that cannot be made says so, with the remedy', async () => {
    const certmon = start(['start'], { CERTMON_DATA_DIR: join(directory, 'ca.pem', 'data') });

    await certmon.untilNoise('CERTMON_DATA_DIR');
    expect(await certmon.end()).toBe(1);
    expect(certmon.noise()).toContain('is not a directory');
  });

  it('an unknown command line names the nearest', async () => {
    const certmon = start(['strat']);

    await certmon.untilNoise('certmon start');
    expect(await certmon.end()).toBe(64);
  });
});
