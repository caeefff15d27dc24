import { describe, expect, it } from 'vitest';
import { inDays } from '../../helpers/builders.ts';
import { bench, wellObservation } from './bench.ts';
import type { Bench } from './bench.ts';

const SLACK = { platform: 'slack', teamId: 'T1' } as const;

/** web 1 to 3 (env:prod, web 3 expired), mail (env:prod, tag mail), lab (staging). */
async function company(): Promise<Bench> {
  const one = await bench();
  one.services.set('web3.example.com', wellObservation('web3.example.com', -2));
  await one.send('group add ops');
  for (const line of [
    'add web1.example.com https --tag env:prod',
    'add web2.example.com https --tag env:prod --tag Team:Web',
    'add web3.example.com https --tag env:prod',
    'add mail.example.com smtp --tag env:prod --tag mail --group ops --profile Minimal',
    'add lab.example.com https --tag staging',
  ]) {
    const reply = await one.send(line);
    if (!reply.ok) throw new Error(reply.message.title);
  }
  return one;
}

const hosts = async ({ send, store, workspaceId }: Bench, line: string): Promise<string[]> => {
  const reply = await send(line);
  const monitors = await store.monitors.listByIds(workspaceId, reply.monitors);
  return monitors.map(({ endpoint }) => endpoint.host.replace('.example.com', '')).sort();
};

const paused = async (one: Bench): Promise<string[]> => hosts(one, 'list status:paused');

describe('list FILTER', () => {
  it.each([
    ['list env:prod and not protocol:smtp', ['web1', 'web2', 'web3']],
    ['list "env:prod and not protocol:smtp"', ['web1', 'web2', 'web3']],
    ['list ENV:PROD and (mail or team:web)', ['mail', 'web2']],
    ['list host:web?.example.com and not status:expired', ['web1', 'web2']],
    ['list group:ops', ['mail']],
    ['list profile:minimal or staging', ['lab', 'mail']],
    ['list days<0', ['web3']],
    ['list days>=60 --page 1', ['lab', 'mail', 'web1', 'web2']],
    ['list --page 1 env:prod and mail', ['mail']],
  ])('%s', async (line, expected) => {
    expect(await hosts(await company(), line)).toEqual(expected);
  });

  it('pages with the filter, and counts by status', async () => {
    const one = await company();
    const reply = await one.send('list env:prod');
    expect(reply.message.title).toBe('4 monitors: 1 expired, 3 valid');
    expect(await one.say('list env:prod --page 2')).toMatch(/There is no page 2.*\n.*list env:prod --page 1/);
  });

  it('says what is wrong with an expression, and where', async () => {
    const one = await company();
    expect(await one.say('list env:prod and statsu:valid or status:vald --page 1')).toMatchInlineSnapshot(`
      "Not done: 'vald' is no status: it is one of valid, expiring, expired, error, pending, paused.
        …od and statsu:valid or status:vald --page 1
                                       ^
        Did you mean list env:prod and statsu:valid or status:valid --page 1?
        Usage: list [FILTER] [--page N]"
    `);
    expect(await one.say('list statsu:valid')).toMatch(
      /No monitor fits 'statsu:valid'[^]*No monitor has the tag statsu:valid; did you mean status:valid\?/,
    );
    expect(await one.say('list profile:Minimum')).toMatch(/There is no profile 'Minimum'[^]*Did you mean Minimal\?/);
    expect(await one.say('list group:dev')).toMatch(/There is no contact group 'dev'/);
    expect(await one.say('list filter:none')).toMatch(/There is no saved filter 'none'/);
    expect(await one.say('list mail and filter:none')).toMatch(/a saved filter stands alone/);
  });
});

describe('an action on a filter', () => {
  it('says how many and which, and does nothing until --yes', async () => {
    const one = await company();
    const reply = await one.send('pause env:prod and protocol:https');
    expect(reply).toMatchObject({
      ok: false,
      message: {
        title: 'This would pause 3 monitors: nothing was done yet',
        actions: [{ type: 'button', label: 'Pause 3 monitors', command: 'pause env:prod and protocol:https --yes' }],
      },
    });
    expect(await paused(one)).toEqual([]);
    expect((await one.send('pause env:prod and protocol:https --yes')).message.title).toBe('Paused 3 monitors');
    expect(await paused(one)).toEqual(['web1', 'web2', 'web3']);
    expect((await one.send('pause env:prod')).message.title).toBe('This would pause 1 monitor: nothing was done yet');
    expect((await one.send('pause status:paused')).message.title).toMatch(/3 monitors fit, and all of them are paused/);
    expect((await one.send('resume env:prod --yes')).message.title).toBe('Resumed 3 monitors');
    expect(await paused(one)).toEqual([]);
  });

  it('removes with an audit entry each, and closes incidents once for all', async () => {
    const one = await company();
    const before = await one.store.monitors.ids(one.workspaceId, { now: inDays(0) });
    const reply = await one.send('remove env:prod --yes');
    expect(reply).toMatchObject({ ok: true, message: { title: 'Removed 4 monitors' } });
    expect(await hosts(one, 'list')).toEqual(['lab']);
    expect(await one.store.incidents.listOpen(one.workspaceId, 9)).toEqual([]);
    const entries = await Promise.all(
      before.map((id) => one.store.audit.of(one.workspaceId, { kind: 'monitor', id }, 1)),
    );
    expect(entries.flat().filter(({ action }) => action === 'removed')).toHaveLength(4);
  });

  it('checks up to a hundred at once, worst first', async () => {
    const one = await company();
    one.services.set('web1.example.com', wellObservation('web1.example.com', 3));
    const reply = await one.send('check env:prod --yes');
    expect(reply.message.title).toBe('Checked 4 monitors: 2 need a look');
    expect(JSON.stringify(reply.message.blocks)).toMatch(/web3.*expired.*web1.*3 days left.*(?:web2|mail)/);
  });

  it('is for responders, and one monitor is not asked about', async () => {
    const one = await company();
    const guest = { ...SLACK, person: { externalId: 'U1', name: 'Guest', standing: 'guest' as const } };
    expect((await one.send('pause lab.example.com')).ok).toBe(true);
    expect((await one.send('check env:prod --yes', { ...guest, teamId: 'local' })).ok).toBe(false);
  });
});

describe('a word that may be several things', () => {
  it('is a monitor before a saved filter, and that before a tag', async () => {
    const one = await company();
    await one.send('filter save staging env:prod');
    expect(await hosts(one, 'pause staging')).toEqual(['mail', 'web1', 'web2', 'web3']);
    expect(await hosts(one, 'pause tag:staging')).toEqual(['lab']);
    const { actions } = (await one.send('pause tag:staging')).message;
    expect(actions).toMatchObject([{ command: 'pause tag:staging --yes' }]);
    expect(await one.say('list tag:staging --page 2')).toContain('list tag:staging --page 1');
    await one.send('add other.example.com https --name staging');
    expect((await one.send('check staging')).message.title).toMatch(/^Checked staging \(other/);
    expect((await one.send('check filter:staging')).message.title).toBe(
      'This would check 4 monitors: nothing was done yet',
    );
  });

  it('that names nothing is told as a monitor that is not there', async () => {
    const one = await company();
    expect(await one.say('pause web9.example.com')).toMatch(
      /There is no monitor 'web9.example.com'[^]*Did you mean web/,
    );
    expect(await one.say('pause web1.example.com or')).toMatch(/or needs a tag or a field after it/);
  });

  it('that fits several monitors is refused with the list', async () => {
    const one = await company();
    await one.send('add mail.example.com imaps');
    expect((await one.send('remove mail.example.com --yes')).message.title).toMatch(
      /fits 2 monitors, so nothing was done/,
    );
  });
});

describe('incidents FILTER', () => {
  it('are those that a monitor is in which it fits', async () => {
    const one = await company();
    expect((await one.send('incidents env:prod')).message.title).toBe('1 open incident, 1 critical');
    expect((await one.send('incidents staging')).message.title).toBe('No open incidents there');
    expect((await one.send('incidents #1')).incident?.number).toBe(1);
    expect((await one.send('incidents nowhere')).message.title).toBe("No monitor fits 'nowhere'.");
  });
});

describe('tag', () => {
  it('adds and removes, the same whatever the case, kept as typed', async () => {
    const one = await company();
    expect((await one.send('tag add lab.example.com Env:Test env:test ENV:TEST web')).message.title).toMatch(
      /: Env:Test, staging, web$|: staging, Env:Test, web$/,
    );
    expect(await hosts(one, 'list env:test')).toEqual(['lab']);
    expect((await one.send('tag add lab.example.com WEB')).message.title).toMatch(/has all of these tags already/);
    expect((await one.send('tag remove lab.example.com ENV:test WEB')).message.title).toMatch(/: staging$/);
    expect((await one.send('tag remove lab.example.com web')).message.title).toMatch(/has none of these tags/);
    expect(await one.say('tag add lab.example.com status:x')).toMatch(/'status:x' cannot be a tag[^]*\^/);
  });

  it('lists all with how many have each', async () => {
    const one = await company();
    await one.send('tag add lab.example.com ENV:prod');
    expect(await one.say('tag list')).toMatchInlineSnapshot(`
      "4 tags
        Tag       Monitors
        env:prod  5
        mail      1
        staging   1
        Team:Web  1
        list env:prod shows the monitors that have one."
    `);
  });
});

describe('filter', () => {
  it('is saved in its one form, shown with what it fits, replaced and removed', async () => {
    const one = await company();
    expect(await one.say('filter save mails PROTOCOL:smtp OR (tag:mail)')).toMatchInlineSnapshot(`
      "Saved filter mails
        Means:   protocol:smtp or mail
        Fits:    1 monitor
        Used by: nothing"
    `);
    expect((await one.send('filter save Mails mail')).message.title).toBe(
      'Saved filter mails, in place of protocol:smtp or mail',
    );
    expect(await one.say('filter list')).toMatch(/mails +mail/);
    expect((await one.send('list mails')).monitors).toHaveLength(1);
    expect((await one.send('filter remove MAILS')).ok).toBe(true);
    expect(await one.say('filter remove mails')).toMatch(/There is no saved filter 'mails'/);
  });

  it.each([
    ['filter save and mail', /a filter cannot be called and/],
    ['filter save 9 mail', /'9' cannot be the name of a filter/],
    ['filter save x', /filter save x needs an EXPR/],
    ['filter save x filter:mails', /a saved filter stands alone/],
    ['filter save x mail web', /'web' has neither and nor or before it/],
    ['filter save x profile:none', /There is no profile 'none'/],
  ])('%s is refused and changes nothing', async (line, said) => {
    const one = await company();
    expect(await one.say(line)).toMatch(said);
    expect(await one.store.filters.list(one.workspaceId)).toEqual([]);
  });

  it('that a group uses stays, and says who uses it', async () => {
    const one = await company();
    await one.send('filter save mails mail');
    const group = await one.store.groups.findByName(one.workspaceId, 'ops');
    const [monitor] = await one.store.monitors.list(one.workspaceId, { now: inDays(0) }, 1, 0);
    await one.store.groups.map(one.workspaceId, group?.id ?? '', monitor?.addedInChannelId ?? '', 'filter:MAILS');
    expect((await one.send('filter remove mails')).message.title).toBe(
      'Filter mails is used by group ops to #console, so it was not removed.',
    );
    expect(await one.store.filters.list(one.workspaceId)).toHaveLength(1);
  });
});
