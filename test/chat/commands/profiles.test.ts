import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Incident } from '../../../src/core/incident.ts';
import { foresee } from '../../../src/monitoring/foresight.ts';
import type { Foreseen } from '../../../src/monitoring/foresight.ts';
import { createRound } from '../../../src/monitoring/round.ts';
import { certificate, DAY_MS, failedAddress, inDays, observation, servingLeaf } from '../../helpers/builders.ts';
import { forgeCa, forgeLeaf } from '../../helpers/forge.ts';
import { bench, wellObservation } from './bench.ts';
import type { Bench } from './bench.ts';

const MINUTE_MS = 60_000;

const profileOf = async ({ store, workspaceId }: Bench, name: string) => {
  const profile = await store.profiles.findByName(workspaceId, name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
};

/** A leaf of 400 days: nothing is scaled. */
const leaf = (host: string, daysLeft: number, fields: Parameters<typeof certificate>[0] = {}) =>
  observation({
    addresses: [
      servingLeaf(
        certificate({
          subject: `CN=${host}`,
          notBefore: inDays(daysLeft - 400),
          notAfter: inDays(daysLeft),
          subjectAltNames: [{ type: 'dns', value: host }],
          ...fields,
        }),
      ),
    ],
  });

const runDue = async ({ deps }: Bench): Promise<void> => {
  const round = createRound(deps, { concurrency: 4, leaseMs: 60_000, onNews: () => undefined });
  await round.settled();
  await round.stop();
};

const openNow = ({ store, workspaceId }: Bench): Promise<Incident[]> => store.incidents.listOpen(workspaceId, 1_000);

describe('profile add', () => {
  it('makes one that monitors can have, says what it is, and writes it down', async () => {
    const b = await bench();
    const said = await b.say('profile add Mail --thresholds 20,5 --every 6h --rule strength=off --remind critical=off');
    expect(said).toContain('Made profile Mail');
    expect(said).toContain('20,5 days');
    const mail = await profileOf(b, 'mail');
    expect(mail).toMatchObject({
      name: 'Mail',
      isBuiltIn: false,
      thresholdsDays: [20, 5],
      checkIntervalMs: 6 * 3_600_000,
      remind: {},
    });
    expect(mail.severities).toEqual({
      'weak-key': 'off',
      'weak-signature': 'off',
      'weak-protocol': 'off',
      'lifetime-too-long': 'off',
    });
    const [entry] = await b.store.audit.of(b.workspaceId, { kind: 'profile', id: mail.id }, 1);
    expect(entry).toMatchObject({ action: 'made', by: { name: 'Ann' }, subject: { label: 'Mail' } });
    expect(await b.say('add a.example https --profile Mail')).toContain('Added');
    expect(await b.say('profile list')).toMatch(/Mail +20, 5 +1/);
  });

  it.each([
    ['profile add standard', "There is a profile 'Standard' already"],
    ['profile add "two words"', 'Did you mean profile add two-words'],
    ['profile add X --thresholds 30,30', 'Did you mean profile add X --thresholds 30'],
    ['profile add X --every 1m', 'Did you mean profile add X --every 5m'],
    ['profile add X --rule weak-keys=off', 'Did you mean profile add X --rule weak-key=off'],
    ['profile add X --rule=weak-keys=off', 'Did you mean profile add X --rule=weak-key=off'],
    ['profile add X --ca-only', 'nothing would be trusted at all'],
    ['profile add X --ca /no/such/file.pem', 'cannot be read (ENOENT)'],
    ['profile add', 'profile add needs a NAME'],
    ['profile edit Standard', 'needs something to change'],
    ['profile edit Standrd --every 2h', 'Did you mean profile edit Standard'],
    ['profile edit Standard --every 1h', 'is so already'],
    ['profile edit Standard --scale --no-scale', 'exclude each other'],
    ['profile edit Standard --ca PEM\n-----BEGIN EC PRIVATE KEY-----\nAAAA', 'there is a private key in it'],
    ['profile remove Standard', 'Standard stays'],
    ['profile show Minmal', 'Did you mean profile show Minimal'],
  ])('%s is refused', async (line, says) => {
    const b = await bench();
    const before = await b.store.profiles.list(b.workspaceId);
    expect(await b.say(line)).toContain(says);
    expect((await b.send(line)).ok).toBe(false);
    expect(await b.store.profiles.list(b.workspaceId)).toEqual(before);
  });
});

describe('own CAs', () => {
  const ca = forgeCa('Corp CA');
  const old = forgeCa('Old CA', { notBefore: inDays(-900), notAfter: inDays(-300) });
  let folder: string | undefined;
  afterAll(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  it('come from a file on the console, and what is odd about them is said', async () => {
    folder = await mkdtemp(join(tmpdir(), 'certmon-cas-'));
    const file = join(folder, 'cas.pem');
    await writeFile(file, `Corp\n${ca.pem}\n${old.pem}\n${forgeLeaf(ca).pem}`);
    const b = await bench();
    const said = await b.say(`profile add Corp --ca ${file} --ca-only`);
    expect(said).toContain('Taken: 3 CA certificates');
    expect(said).toContain("'CN=Old CA' expired at");
    expect(said).toContain("'CN=mail.example.com' is no CA");
    expect((await profileOf(b, 'Corp')).trust.only).toBe(true);
    expect(await b.say('profile edit Corp --no-ca')).toContain('Trusted: public CAs');
    expect((await profileOf(b, 'Corp')).trust).toEqual({ extraCaPem: undefined, only: false });
  });

  it('are pasted elsewhere, over many lines, and a file is not read', async () => {
    const b = await bench();
    const slack = {
      platform: 'slack',
      teamId: 'T1',
      person: { externalId: 'U1', name: 'Bo', standing: 'admin' },
    } as const;
    expect(await b.say('profile add Corp --ca /etc/passwd', slack)).toContain('from here none can be read');
    const said = await b.say(`profile add Corp --every 2h --ca \`\`\`\n${ca.pem}\`\`\`\n--ca-only`, slack);
    expect(said).toContain("Taken: 1 CA certificate, 'CN=Corp CA'");
    const { trust, checkIntervalMs } = await profileOf(b, 'Corp');
    expect(b.deps.readCas(trust.extraCaPem ?? '')).toMatchObject({ ok: true });
    expect([trust.only, checkIntervalMs]).toEqual([true, 7_200_000]);
  });

  it('that cannot be read are refused', async () => {
    const b = await bench();
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
    expect(await b.say(`profile add Corp --ca ${broken}`)).toContain('certificate 1 of 1 cannot be read');
  });
});

describe('profile remove', () => {
  it('of one in use says by how many, and how to move them; unused it goes', async () => {
    const b = await bench();
    await b.say('add a.example https --profile Minimal');
    await b.say('add b.example https --profile Minimal');
    const refused = await b.say('profile remove minimal');
    expect(refused).toContain('Profile Minimal stays: 2 monitors have it');
    expect(refused).toContain('list profile:Minimal');
    await b.say('edit a.example --profile Standard');
    await b.say('edit b.example --profile Standard');
    expect(await b.say('profile remove Minimal')).toContain('Removed profile Minimal');
    await b.store.workspaces.ensureDefault();
    expect((await b.store.profiles.list(b.workspaceId)).map(({ name }) => name)).toEqual(['Aggressive', 'Standard']);
  });
});

describe('an edit', () => {
  it('that means no alert is done at once, and shows within five minutes', async () => {
    const b = await bench();
    await b.say('add a.example https');
    const said = await b.say('profile edit Standard --every 24h');
    expect(said).toContain('Changed profile Standard');
    expect(said).toContain('Checked every: 1d');
    b.later(5 * MINUTE_MS);
    await runDue(b);
    const [monitor] = await b.store.monitors.match(b.workspaceId, 'a.example', 2);
    const waits = (monitor?.nextCheckAt.getTime() ?? 0) - b.deps.clock.now().getTime();
    expect(waits).toBeGreaterThan(20 * 3_600_000);
  });

  it('that would cross thresholds asks first, and does it with --yes', async () => {
    const b = await bench();
    b.services.set('a.example', leaf('a.example', 70));
    await b.say('add a.example https');
    const said = await b.say('profile edit Standard --thresholds 90,30,0');
    expect(said).toContain('This change of Standard means 1 alert about 1 monitor, so it is not done yet');
    expect(said).toContain('1 incident would open');
    expect(said).toContain('profile edit Standard --thresholds 90,30,0 --yes');
    expect((await profileOf(b, 'Standard')).thresholdsDays).toEqual([60, 30, 15, 7, 0]);
    expect(await b.say('profile edit Standard --thresholds 90,30,0 --yes')).toContain('Changed profile Standard');
    b.later(5 * MINUTE_MS);
    await runDue(b);
    expect(await openNow(b)).toHaveLength(1);
  });

  /** What an edit of Standard is said to mean, and what is different once all its monitors were checked. */
  const scenarios: readonly [string, (b: Bench) => Promise<void>, string, Foreseen][] = [
    [
      'thresholds for certificates of several ages, one of them on two hosts',
      async (b) => {
        const shared = leaf('a.example', 80, { subjectAltNames: [{ type: 'dns', value: '*.example' }] });
        for (const host of ['a.example', 'b.example']) b.services.set(host, shared);
        b.services.set('c.example', leaf('c.example', 65));
        b.services.set('d.example', leaf('d.example', 45));
        b.services.set('e.example', leaf('e.example', 300));
        for (const host of ['a', 'b', 'c', 'd', 'e']) await b.say(`add ${host}.example https`);
      },
      '--thresholds 90,50,30,7,0',
      { monitors: 4, opened: 2, worse: 0, crossed: 1, closed: 0 },
    ],
    [
      'a rule that is switched off, where incidents are open',
      async (b) => {
        b.services.set('a.example', leaf('b.example', 200));
        b.services.set('b.example', leaf('x.example', 300));
        for (const host of ['a', 'b', 'c']) await b.say(`add ${host}.example https`);
      },
      '--rule name=off',
      { monitors: 2, opened: 0, worse: 0, crossed: 0, closed: 2 },
    ],
    [
      'a rule that becomes severe',
      async (b) => {
        b.services.set('a.example', leaf('a.example', 200, { keyType: 'rsa', keyBits: 1024 }));
        await b.say('add a.example https');
        await b.say('add c.example https');
      },
      '--rule weak-key=critical',
      { monitors: 1, opened: 0, worse: 1, crossed: 0, closed: 0 },
    ],
    [
      'thresholds that are not scaled any more',
      async (b) => {
        b.services.set('a.example', wellObservation('a.example', 12));
        b.services.set('b.example', wellObservation('b.example', 50));
        await b.say('add a.example https');
        await b.say('add b.example https');
      },
      '--no-scale',
      { monitors: 1, opened: 1, worse: 0, crossed: 0, closed: 0 },
    ],
    [
      'a failure that is to be believed sooner',
      async (b) => {
        b.services.set('a.example', observation({ addresses: [failedAddress()] }));
        await b.say('add a.example https');
      },
      '--confirm 1x10s',
      { monitors: 1, opened: 1, worse: 0, crossed: 0, closed: 0 },
    ],
    [
      'nothing, where thresholds go that nobody has reached',
      async (b) => {
        b.services.set('a.example', leaf('a.example', 300));
        await b.say('add a.example https');
      },
      '--thresholds 10,0',
      { monitors: 0, opened: 0, worse: 0, crossed: 0, closed: 0 },
    ],
  ];

  it.each(scenarios)('means what it says: %s', async (_, prepare, flags, expected) => {
    const b = await bench();
    await prepare(b);
    const before = new Map((await openNow(b)).map((incident) => [incident.id, incident]));
    const asked = await b.send(`profile edit Standard ${flags}`);
    const standard = await profileOf(b, 'Standard');
    const total = expected.opened + expected.worse + expected.crossed + expected.closed;
    expect(asked.ok).toBe(total === 0);
    if (!asked.ok) expect((await b.send(`profile edit Standard ${flags} --yes`)).ok).toBe(true);
    const edited = await profileOf(b, 'Standard');
    if (!asked.ok) {
      const foreseen = await foresee(b.deps, b.workspaceId, standard, edited);
      expect(foreseen).toEqual(expected);
    }
    b.later(5 * MINUTE_MS);
    await runDue(b);
    const after = await openNow(b);
    const opened = after.filter(({ id }) => !before.has(id)).length;
    const closed = [...before.keys()].filter((id) => !after.some((incident) => incident.id === id)).length;
    const worse = after.filter(
      ({ id, severity }) => severity === 'critical' && before.get(id)?.severity === 'warning',
    ).length;
    expect({ opened, closed, worse }).toEqual({
      opened: expected.opened,
      closed: expected.closed,
      worse: expected.worse,
    });
  });

  it('that trusts less asks too: who was trusted through a public CA alone is counted', async () => {
    const b = await bench();
    await b.say('add a.example https');
    const said = await b.say(`profile edit Standard --ca-only --ca ${forgeCa('Corp CA').pem}`);
    expect(said).toContain('1 incident would open');
    expect(said).toContain('send it again with --yes');
    expect((await profileOf(b, 'Standard')).trust.only).toBe(false);
  });

  it('leaves what was told before untold', async () => {
    const b = await bench();
    b.services.set('a.example', leaf('a.example', 20));
    await b.say('add a.example https');
    const queued = (await b.queued()).length;
    expect(await b.say('profile edit Standard --thresholds 60,45,30,7,0')).toContain('Changed profile Standard');
    b.later(5 * MINUTE_MS);
    await runDue(b);
    expect(await b.queued()).toHaveLength(queued);
    b.later(DAY_MS);
    await runDue(b);
    expect(await openNow(b)).toHaveLength(1);
  });
});
