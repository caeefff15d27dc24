import { describe, expect, it } from 'vitest';
import { certificate, inDays, observation, servingLeaf } from '../../helpers/builders.ts';
import { bench } from './bench.ts';
import type { Bench } from './bench.ts';

const expiring = (host: string, days: number) =>
  observation({
    addresses: [
      servingLeaf(
        certificate({
          notBefore: inDays(days - 400),
          notAfter: inDays(days),
          subjectAltNames: [{ type: 'dns', value: host }],
        }),
      ),
    ],
  });

const find = async ({ store, workspaceId }: Bench, host: string) => {
  const [monitor] = await store.monitors.match(workspaceId, host, 2);
  if (monitor === undefined) throw new Error(`no monitor ${host}`);
  return monitor;
};

describe('edit', () => {
  it('tells what is and what was, and writes it down', async () => {
    const b = await bench();
    await b.say('group add ops');
    await b.say('add a.example https --name Shop --tag web --tag old');
    const said = await b.say('edit Shop --name "New shop" --tag web --group ops --profile Minimal --sni www.a.example');
    for (const change of [
      'Name: New shop; was Shop',
      'Profile: Minimal; was Standard',
      'Groups: ops; was none',
      'Tags: web; was old, web',
      'Asks for: www.a.example; was a.example',
      'name-mismatch',
    ]) {
      expect(said.replace(/\s+/g, ' ')).toContain(change);
    }
    const monitor = await find(b, 'a.example');
    expect(monitor).toMatchObject({ name: 'New shop', tags: ['web'], endpoint: { serverName: 'www.a.example' } });
    const [entry] = await b.store.audit.of(b.workspaceId, { kind: 'monitor', id: monitor.id }, 1);
    expect(entry).toMatchObject({ action: 'changed', by: { name: 'Ann' } });
    expect(entry?.detail).toContain('Name: New shop; was Shop');

    await b.say('edit a.example --name none --tag none --group none --sni none');
    expect(await find(b, 'a.example')).toMatchObject({
      name: undefined,
      tags: [],
      groupIds: [],
      endpoint: { serverName: 'a.example' },
    });
  });

  it.each([
    ['edit a.example', 'needs something to change'],
    ['edit a.example --name Shop', 'is so already'],
    ['edit b.example --name x', "There is no monitor 'b.example'"],
    ['edit a.example --profile Minmal', 'Minimal?'],
    ['edit a.example --group opz', "There is no contact group 'opz'"],
    ['edit a.example --tag none --tag x', 'takes all away'],
    ['edit a.example --tag not', 'cannot be a tag'],
    ['edit a.example --sni not_a_name!', 'Not done'],
    ['edit a.example --direct', 'Not done'],
    ['edit a.example --direct --no-direct', 'exclude each other'],
    ['edit a.example --sni other.example', 'is watched there already'],
  ])('%s is refused, and nothing is changed', async (line, says) => {
    const b = await bench();
    await b.say('add a.example https --name Shop');
    await b.say('add a.example https --sni other.example');
    const { id } = (await b.store.monitors.match(b.workspaceId, 'Shop', 1))[0] ?? { id: '' };
    const before = await b.store.monitors.find(b.workspaceId, id);
    const reply = await b.send(line.replace('edit a.example', `edit ${id}`));
    expect(reply.ok).toBe(false);
    expect(await b.say(line.replace('edit a.example', `edit ${id}`))).toContain(says);
    expect(await b.store.monitors.find(b.workspaceId, id)).toEqual(before);
  });

  it('a move to another profile deep in its thresholds is one alert, not several', async () => {
    const b = await bench();
    b.services.set('a.example', expiring('a.example', 50));
    await b.say('profile add Late --thresholds 10,0');
    await b.say('add a.example https --profile Late');
    expect(await b.queued()).toEqual([]);
    await b.say('edit a.example --profile Aggressive');
    expect((await b.queued()).map(([, kind]) => kind)).toEqual(['head', 'thread']);
    const { id } = (await b.store.profiles.findByName(b.workspaceId, 'Aggressive')) ?? { id: '' };
    const [incident] = await b.store.incidents.listOpen(b.workspaceId, 2);
    const rows = await b.store.checks.crossings(b.workspaceId, [incident?.key.subject ?? '']);
    expect(
      rows.filter(({ profileId }) => profileId === id).map(({ thresholdDays, silent }) => [thresholdDays, silent]),
    ).toEqual([
      [90, true],
      [60, false],
    ]);
  });

  it('a group that is new to an open incident gets its head, and the others hear nothing again', async () => {
    const b = await bench();
    b.services.set('a.example', expiring('a.example', 20));
    await b.say('group add ops');
    await b.say('group map ops #alerts');
    await b.say('add a.example https');
    const before = await b.queued();
    await b.say('edit a.example --group ops');
    const added = (await b.queued()).slice(before.length);
    expect(added.filter(([channel]) => channel === 'alerts').map(([, kind]) => kind)).toEqual(['head', 'thread']);
    expect(added.filter(([channel, kind]) => channel !== 'alerts' && kind === 'thread')).toEqual([]);
  });

  it('another server name is not a changed certificate', async () => {
    const b = await bench();
    await b.say('add a.example https');
    b.services.set('a.example', expiring('www.a.example', 300));
    expect(await b.say('edit a.example --sni www.a.example')).not.toContain('certificate-changed');
    expect((await find(b, 'a.example')).status).toBe('valid');
  });

  it('of a paused one looks at nothing', async () => {
    const b = await bench();
    await b.say('add a.example https');
    await b.say('pause a.example');
    b.services.set('a.example', expiring('x.example', 1));
    expect(await b.say('edit a.example --profile Minimal')).toContain('paused');
    expect(await b.store.incidents.listOpen(b.workspaceId, 2)).toEqual([]);
  });
});
