import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../src/chat/command.ts';
import { COMMAND_NAMES } from '../../../src/chat/grammar/table.ts';
import { NOW, failedAddress, observation } from '../../helpers/builders.ts';
import { NO_ADDRESS, bench, incoming, wellObservation } from './bench.ts';
import type { Bench } from './bench.ts';

const EXPIRED = wellObservation('old.example.com', -2);

async function withMonitors(...lines: readonly string[]): Promise<Bench> {
  const opened = await bench();
  for (const line of lines) {
    const reply = await opened.send(line);
    if (!reply.ok) throw new Error(reply.message.title);
  }
  return opened;
}

async function alertsIsArchived({ store, workspaceId }: Bench): Promise<void> {
  const group = await store.groups.findByName(workspaceId, 'ops');
  await store.channels.markDead(workspaceId, group?.mappings[0]?.channelId ?? '', 'it was archived');
}

describe('add', () => {
  it('answers with what it found, for people and for programs', async () => {
    const { send, say } = await bench();
    const reply = await send('add mail.example.com smtp --name "Mail Berlin" --tag env:prod');
    expect(reply).toMatchObject({
      ok: true,
      audience: 'channel',
      status: 'valid',
      monitors: [expect.stringMatching(/^CM[0-9a-f]{32}$/)],
      probe: { host: 'mail.example.com', port: 25, protocol: 'smtp', status: 'valid', daysLeft: 60, findings: [] },
      message: { tone: 'good', title: 'Added Mail Berlin (mail.example.com:25 smtp): valid, 60 days left' },
    });
    expect(await say('add www.example.com https')).toMatchInlineSnapshot(`
      "Added www.example.com:443 https: valid, 60 days left
        Status:    valid
        Days left: 60
        Expires:   2027-01-23 12:00 UTC (in 60 days)
        Issuer:    CN=Example Issuing CA, O=Example
        Address:   192.0.2.10
        Profile:   Standard
        Alerts go: here, to you
        Monitor CM00020000000040008000000000000000, checked 2026-11-24 12:00 UTC"
    `);
  });

  it('tells each finding with its next step, and alerts', async () => {
    const { send, services, queued } = await bench();
    services.set('old.example.com', EXPIRED);
    const reply = await send('add old.example.com https');
    expect(reply).toMatchObject({
      ok: true,
      status: 'expired',
      message: { tone: 'critical', title: 'Added old.example.com:443 https: expired' },
      probe: { findings: [{ code: 'expired', severity: 'critical' }] },
    });
    expect(JSON.stringify(reply.message.blocks)).toContain('Next step:');
    expect(await queued()).toEqual([
      ['console', 'head'],
      ['console', 'thread'],
    ]);
  });

  it('says which address a finding is about, where it is not all of them', async () => {
    const { services, say } = await bench();
    const well = wellObservation('mail.example.com', 60);
    const gone = failedAddress({ address: '192.0.2.11' });
    services.set('mail.example.com', observation({ ...well, addresses: [...well.addresses, gone] }));
    expect(await say('add mail.example.com smtp')).toMatch(/ On 192\.0\.2\.11 \(1 of 2 addresses\)\. Next step: /);
  });

  it('stores and shows a failure that is not confirmed yet', async () => {
    const { say, services } = await bench();
    services.set('down.example.com', observation({ addresses: [failedAddress()] }));
    expect(await say('add down.example.com https')).toContain('Added down.example.com:443 https: pending, failing 1/3');
    expect(await say('list')).toContain('pending, failing 1/3');
  });

  it('a failed look of a person is told as one, and does not count', async () => {
    const { say, services } = await withMonitors('add down.example.com https');
    services.set('down.example.com', observation({ addresses: [failedAddress()] }));
    const shown = await say('check down.example.com');
    expect(shown).toContain('valid, last look failed');
    expect(shown).toContain("A person's own look does not count; the schedule tries within a minute.");
    expect(shown).not.toContain('0/3');
  });

  it.each([
    { line: 'add mail.example.com:25 smtp', says: 'mail.example.com:25 smtp is watched already, so nothing was added' },
    { line: 'add MAIL.example.com. smtp-starttls', says: 'is watched already' },
    { line: 'add nowhere.example smtp', says: "'nowhere.example' has no address, so nothing was added" },
    { line: 'add a.example htps', says: 'Did you mean add a.example https?' },
    { line: 'add a.example tls', says: 'Did you mean add a.example:8443 tls?' },
    { line: 'add a.example:0 https', says: "Not done: port '0' is not a number from 1 to 65535" },
    { line: 'add a.example https --profile Standart', says: 'Did you mean add a.example https --profile Standard?' },
    { line: 'add a.example https --group opps', says: 'Did you mean add a.example https --group ops?' },
    { line: 'add a.example https --group zzzzzz', says: 'group add zzzzzz makes it.' },
    { line: 'add a.example https --name "x', says: 'Not done: the quote " at character 28 is never closed' },
    { line: `add ${'a'.repeat(10_000)} https`, says: 'Not done: this line is 10010 characters long' },
  ])('is refused, and nothing is added: $line', async ({ line, says }) => {
    const { send, say, services, store, workspaceId } = await withMonitors(
      'group add ops',
      'add mail.example.com smtp',
    );
    services.set('nowhere.example', NO_ADDRESS);
    const reply = await send(line);
    expect(reply).toMatchObject({ ok: false, monitors: [], audience: 'person' });
    expect(await say(line)).toContain(says);
    expect(await store.monitors.count(workspaceId, { now: NOW })).toMatchObject({ total: 1 });
  });

  it('an unclosed quote is pointed at', async () => {
    expect(await (await bench()).say('add a.example https --name "x')).toMatchInlineSnapshot(`
      "Not done: the quote " at character 28 is never closed: put another one where the text ends.
        add a.example https --name "x
                                   ^"
    `);
  });

  it('takes several lines, and reports each', async () => {
    const { send, say, services } = await withMonitors('add mail.example.com smtp');
    services.set('nowhere.example', NO_ADDRESS);
    const text =
      'add a.example https\nb.example smtp\nadd mail.example.com smtp\nadd nowhere.example https\nadd c.example htps';
    const reply = await send(text);
    expect(reply).toMatchObject({ ok: true, monitors: [expect.any(String), expect.any(String)] });
    expect(reply.message.title).toBe('Added 2 monitors; 3 lines could not be taken');
    expect(await say(text.replace('a.example', 'x.example'))).toMatchInlineSnapshot(`
      "Added 1 monitor; 4 lines could not be taken
        - line 2: already there b.example:25 smtp: valid, 60 days left (CM00030000000040008000000000000000)
        - line 3: already there mail.example.com:25 smtp: valid, 60 days left (CM00010000000040008000000000000000)
        - line 4: not added 'add nowhere.example https': the name has no address (queryA ENOTFOUND)
        - line 5: not added 'add c.example htps': unknown protocol 'htps': it is one of https, smtps, smtp, imaps, imap, pops, pop, lmtp, ftps, ftp, ldaps, ldap, mysql, postgresql, sips, tls; did you mean add c.example https?
        - line 1: added x.example:443 https: valid, 60 days left
        list shows all monitors; show MONITOR one with its findings."
    `);
  });

  it('a report of 200 lines stays short', async () => {
    const { send } = await bench();
    const text = Array.from({ length: 200 }, (_, index) => `add h${String(index)}.example https`).join('\n');
    const reply = await send(text);
    expect(reply.monitors).toHaveLength(200);
    const [list, rest] = reply.message.blocks;
    expect(list?.type === 'list' && list.items.length).toBe(50);
    expect(rest).toEqual({
      type: 'text',
      text: 'and 150 more lines; what was added of them is in the list of monitors.',
    });
  });

  it('says where alerts go', async () => {
    const { say } = await withMonitors('group add ops');
    expect(await say('add a.example https')).toContain('Alerts go: here, to you');
    expect(await say('add b.example https --group ops')).toContain(
      'Alerts go: here, to you, until a channel is mapped to ops',
    );
    await say('group map ops #alerts');
    expect(await say('add c.example https --group OPS')).toContain('Alerts go: to ops');
  });
});

describe('naming a monitor', () => {
  const LINES = [
    'add mail.example.com smtp --name "Mail Berlin"',
    'add mail.example.com smtps',
    'add www.example.com https',
    'add [2001:db8::1]:8443 https',
    'add Müller.example https',
  ];

  it.each([
    { reference: 'www.example.com', title: 'www.example.com:443 https: valid, 60 days left' },
    { reference: 'WWW.EXAMPLE.COM', title: 'www.example.com:443 https: valid, 60 days left' },
    { reference: '"mail berlin"', title: 'Mail Berlin (mail.example.com:25 smtp): valid, 60 days left' },
    { reference: 'mail.example.com:465', title: 'mail.example.com:465 smtps: valid, 60 days left' },
    { reference: 'www.example.com.', title: 'www.example.com:443 https: valid, 60 days left' },
    { reference: '[2001:0DB8::0001]:8443', title: '[2001:db8::1]:8443 https: error, 60 days left' },
    { reference: '2001:db8:0::1', title: '[2001:db8::1]:8443 https: error, 60 days left' },
    { reference: 'MÜLLER.example', title: 'Müller.example:443 https: valid, 60 days left' },
    { reference: 'xn--mller-kva.example:443', title: 'Müller.example:443 https: valid, 60 days left' },
    { reference: 'CM0003', title: 'www.example.com:443 https: valid, 60 days left' },
  ])('$reference', async ({ reference, title }) => {
    const { send } = await withMonitors(...LINES);
    expect(await send(`show ${reference}`)).toMatchObject({ ok: true, message: { title } });
  });

  it.each([
    { reference: 'mail.example.com', says: "'mail.example.com' fits 2 monitors, so nothing was done: say which one" },
    { reference: 'CM00', says: "'CM00' fits 5 monitors, so nothing was done" },
    { reference: 'wwww.example.com', says: 'Did you mean www.example.com:443 https? remove www.example.com' },
    { reference: 'mail-berlin', says: 'remove "Mail Berlin"' },
    { reference: 'CM0009', says: 'Did you mean' },
    { reference: 'qqqqqqqqqqqqqqq', says: 'list shows all monitors' },
    { reference: '"#1"', says: '#1 is an incident, and here a monitor is wanted' },
    { reference: 'env:prod', says: 'No monitor has the tag env:prod' },
    { reference: '"env:prod and not staging"', says: 'No monitor has the tag staging' },
    { reference: '"<b>*x*</b>"', says: 'No monitor and no saved filter is called that either.' },
  ])('$reference removes nothing', async ({ reference, says }) => {
    const { send, say, store, workspaceId } = await withMonitors(...LINES);
    expect(await send(`remove ${reference}`)).toMatchObject({ ok: false });
    expect(await say(`remove ${reference}`)).toContain(says);
    expect(await store.monitors.count(workspaceId, { now: NOW })).toMatchObject({ total: 5 });
  });

  it('lines offered for several that fit each fit one', async () => {
    const { send } = await withMonitors(...LINES);
    const reply = await send('show mail.example.com');
    const [list] = reply.message.blocks;
    if (list?.type !== 'list') throw new Error('no list');
    for (const item of list.items) {
      const span = (item as readonly unknown[])[2] as { command: string };
      expect(await send(span.command)).toMatchObject({ ok: true });
    }
  });

  it('with no monitors at all, says how to add one', async () => {
    expect(await (await bench()).say('show x')).toContain('there are no monitors yet');
    expect(await (await bench()).say('list')).toContain('Add the first: add www.example.com https');
  });
});

describe('monitors', () => {
  it('show tells all of one', async () => {
    const { say } = await withMonitors(
      'group add ops',
      'add mail.example.com smtp --group ops --tag a --tag b --sni mx.example.com',
    );
    expect(await say('show mail.example.com')).toMatchInlineSnapshot(`
      "mail.example.com:25 smtp: error, 60 days left
        Status:     error
        Days left:  60
        Expires:    2027-01-23 12:00 UTC (in 60 days)
        Issuer:     CN=Example Issuing CA, O=Example
        Address:    192.0.2.10
        Asks for:   mx.example.com
        Profile:    Standard
        Groups:     ops
        Tags:       a, b
        Next check: 2026-11-24 12:04 UTC (in 4 minutes)
        - critical name-mismatch: Leaf certificate 'mail.example.com' on mail.example.com:25 is for mail.example.com, not for mx.example.com. Next step: Install a certificate on mail.example.com:25 that lists mx.example.com as a SAN, or let the server choose the right one for that name, and reload the smtp service; if the service is meant to be reached by another name, monitor that name or set it with --sni.
        Open incident #1, critical: incidents #1
        Monitor CM00020000000040008000000000000000, checked 2026-11-24 12:00 UTC"
    `);
  });

  it('check looks again', async () => {
    const { send, services } = await withMonitors('add old.example.com https');
    services.set('old.example.com', EXPIRED);
    const reply = await send('check old.example.com');
    expect(reply).toMatchObject({ ok: true, status: 'expired', message: { tone: 'critical' } });
    expect(JSON.stringify(reply.message.blocks)).toContain('Open incident #1');
  });

  it('pause and resume, once each', async () => {
    const { send } = await withMonitors('add a.example https');
    expect(await send('resume a.example')).toMatchObject({
      ok: false,
      message: { title: 'a.example:443 https is not paused.' },
    });
    expect(await send('pause a.example')).toMatchObject({ ok: true, status: 'paused', audience: 'channel' });
    expect(await send('pause a.example')).toMatchObject({ ok: false });
    expect(await send('resume a.example')).toMatchObject({ ok: true, audience: 'channel' });
  });

  it('remove says what went, and its line brings it back', async () => {
    const { send, store, workspaceId } = await withMonitors(
      'group add ops',
      'add db.example.com:6432 postgresql --direct --name "The \\"db\\"" --profile Minimal --group ops --tag env:prod --sni in.example.com',
    );
    const [before] = await store.monitors.list(workspaceId, { now: NOW }, 1, 0);
    const removed = await send('remove db.example.com --yes');
    expect(removed).toMatchObject({ ok: true, audience: 'channel', monitors: [before?.id] });
    const [again] = removed.message.actions;
    if (again?.type !== 'button') throw new Error('no button');
    expect(again.command).toBe(
      'add db.example.com:6432 postgresql --name "The \\"db\\"" --profile Minimal --group ops --tag env:prod --sni in.example.com --direct',
    );
    expect(await send(again.command)).toMatchObject({ ok: true });
    const [after] = await store.monitors.list(workspaceId, { now: NOW }, 1, 0);
    expect({ ...after, id: before?.id }).toEqual(before);
  });

  it('list shows what ends first, with incidents and counts', async () => {
    const { say, services } = await withMonitors('add b.example https', 'add a.example:8443 https --name Alpha');
    services.set('old.example.com', EXPIRED);
    await say('add old.example.com smtp');
    expect(await say('list')).toMatchInlineSnapshot(`
      "3 monitors: 1 expired, 2 valid
        Status   Days left  Host                Protocol  Name   Incident
        expired  -2         old.example.com:25  smtp             #1
        valid    60         a.example:8443      https     Alpha  -
        valid    60         b.example:443       https            -
        show MONITOR tells more of one: its findings and what to do."
    `);
  });

  it('list of 200 shows 50 a page', async () => {
    const { send, say } = await bench();
    await send(Array.from({ length: 200 }, (_, index) => `add h${String(index)}.example https`).join('\n'));
    const reply = await send('list');
    expect(reply.monitors).toHaveLength(50);
    expect(reply.message.title).toBe('200 monitors: 200 valid');
    const shown = await say('list');
    expect(shown.split('\n').length).toBeLessThan(60);
    expect(shown).toContain('Page 1 of 4: 1 to 50 of 200. More: list --page 2');
    expect(await say('list --page 4')).toContain('Page 4 of 4: 151 to 200 of 200.');
    expect(await send('list --page 5')).toMatchObject({ ok: false });
  });
});

describe('incidents', () => {
  async function withIncident(): Promise<Bench> {
    const opened = await bench();
    opened.services.set('old.example.com', EXPIRED);
    await opened.send('add old.example.com https');
    return opened;
  }

  it('are listed worst first, and shown in full', async () => {
    const { say, send } = await withIncident();
    expect(await say('incidents')).toMatchInlineSnapshot(`
      "1 open incident, 1 critical
        Incident  Severity  What                                             Hosts  Since                 State
        #1        critical  old.example.com: certificate expired 2 days ago  1      2026-11-24 12:00 UTC  nobody has it
        incidents #1 tells all of one; ack #1 says that you take it."
    `);
    const reply = await send('incidents #1');
    expect(reply).toMatchObject({
      ok: true,
      status: 'open',
      incident: { number: 1, severity: 'critical', acknowledgedBy: undefined },
    });
    expect(JSON.stringify(reply.message.blocks)).toContain('Serial');
    expect(await (await bench()).say('incidents')).toContain('No open incidents');
  });

  it('are acknowledged once, and by whom is told', async () => {
    const { send, say } = await withIncident();
    const bob = { person: { externalId: 'bob', name: 'Bob' } };
    expect(await send('ack #1')).toMatchObject({
      ok: true,
      incident: { acknowledgedBy: 'Ann' },
      message: { title: 'Acknowledged #1' },
    });
    expect(await say('ack 1', bob)).toContain('Ann has acknowledged #1 already since 2026-11-24 12:00 UTC.');
    expect(await say('ack 1')).toContain('You have acknowledged #1 already');
    expect(await send('ack 1', bob)).toMatchObject({ ok: false, incident: { acknowledgedBy: 'Ann' } });
    expect(await send('unack #1', bob)).toMatchObject({ ok: true, incident: { acknowledgedBy: undefined } });
    expect(await say('unack #1')).toContain('Nobody has acknowledged #1, so there is nothing to take back.');
  });

  it('are silenced until an instant, and not for ever', async () => {
    const { say } = await withIncident();
    expect(await say('snooze #1 4h')).toContain('#1 is silent until 2026-11-24 16:00 UTC');
    expect(await say('unsnooze #1')).toContain('#1 is no longer silent');
    expect(await say('unsnooze #1')).toContain('#1 is not silent, so there is no silence to end.');
    expect(await say('snooze #1 until-renewed')).toContain('#1 is silent until the certificate is renewed');
    expect(await say('snooze #1 2026-11-24T11:59')).toContain(
      'That time has passed already: it is 2026-11-24 12:00 UTC now.',
    );
    expect(await say('snooze #1 2028-01-01')).toContain('is too far away: a silence lasts a year at most');
    expect(await say('snooze #1 until-next-threshold')).toContain(
      'What is possible: snooze #1 4h or snooze #1 until-renewed',
    );
  });

  it.each(['ack #1', 'snooze #1 4h', 'help ack', 'help snooze'])('%s promises no reminders', async (line) => {
    expect(await (await withIncident()).say(line)).not.toMatch(/remind|nothing is said|hear nothing/i);
  });

  it('once expired, the days are told once', async () => {
    const shown = await (await withIncident()).say('show old.example.com');
    expect(shown).toContain('Expired:');
    expect(shown).not.toContain('Days left');
  });

  it('that are resolved take nothing any more, and say since when', async () => {
    const { say, services } = await withIncident();
    services.delete('old.example.com');
    await say('check old.example.com');
    expect(await say('ack #1')).toContain(
      '#1 is resolved already, since 2026-11-24 12:00 UTC: the certificate was renewed.',
    );
    expect(await say('incidents #1')).toContain('Resolved #1');
  });

  it.each(['ack #9', 'incidents 9', 'snooze #9 4h', `unack CI${'0'.repeat(32)}`])(
    '%s is answered with those that are open',
    async (line) => {
      const { say, send } = await withIncident();
      expect(await send(line)).toMatchObject({ ok: false });
      expect(await say(line)).toMatch(
        /There is no incident .*\.\n {2}Open: #1\n {2}incidents tells what they are about\.$/,
      );
      expect(await (await bench()).say(line)).toContain('none is open now');
    },
  );
});

describe('contact groups', () => {
  it('are made, mapped, shown, listed and unmapped', async () => {
    const { say } = await bench();
    expect(await say('group list')).toContain('There are no contact groups yet');
    expect(await say('group add ops')).toContain('group map ops #channel');
    expect(await say('group map ops #alerts')).toContain('The alerts of ops go to #alerts');
    expect(await say('group map OPS #alerts')).toContain('go to #alerts already');
    expect(await say('add a.example https --group ops')).toContain('Alerts go: to ops');
    expect(await say('group show ops')).toMatchInlineSnapshot(`
      "Contact group ops
        Alerts go to: #alerts
        Hours:        always
        Calls:        nobody
        Monitors:     1
        Contact group CG00010000000040008000000000000000"
    `);
    expect(await say('group list')).toContain('ops    #alerts');
    expect(await say('group unmap ops #other')).toContain("The alerts of ops do not go to '#other'.");
    expect(await say('group unmap ops #alerts')).toContain('The alerts of ops no longer go to #alerts');
    expect(await say('group list')).toContain('no channel');
  });

  it.each([
    { line: 'group add OPS', says: "There is a contact group 'OPS' already." },
    { line: 'group add "my team"', says: 'Did you mean group add my-team?' },
    { line: 'group add *bold*', says: "'*bold*' cannot be a contact group's name" },
    { line: `group add ${'x'.repeat(41)}`, says: 'it is 1 to 40 letters, digits, - and _' },
    { line: 'group show osp', says: 'Did you mean group show ops?' },
    { line: 'group map zzzzzz #a', says: 'To make it: group add zzzzzz' },
    { line: 'group map ops alerts', says: "'alerts' is not a channel: channels begin with #." },
    { line: 'group map ops #no.mention', says: 'is no channel that can be seen from here' },
    { line: 'group unmap ops #a', says: 'ops is mapped to no channel' },
  ])('$line changes nothing', async ({ line, says }) => {
    const { send, say, store, workspaceId } = await withMonitors('group add ops');
    const before = JSON.stringify(await store.groups.list(workspaceId));
    expect(await send(line, { mentions: line.includes('.') ? [] : incoming(line).mentions })).toMatchObject({
      ok: false,
    });
    expect(await say(line, { mentions: line.includes('.') ? [] : incoming(line).mentions })).toContain(says);
    expect(JSON.stringify(await store.groups.list(workspaceId))).toBe(before);
  });

  it('a person is no channel', async () => {
    const { say } = await withMonitors('group add ops');
    const mentions = [{ token: '<@U1>', kind: 'person', externalId: 'U1', name: 'bob' }] as const;
    expect(await say('group map ops <@U1>', { mentions })).toContain("'bob' is a person, and alerts go to channels.");
  });

  it('a channel where nothing can be sent any more is told', async () => {
    const opened = await withMonitors('group add ops', 'group map ops #alerts');
    const { say } = opened;
    await alertsIsArchived(opened);
    expect(await say('group show ops')).toContain('Nothing can be sent to #alerts');
  });

  it.each([
    { how: 'mentioned', mentions: incoming('#alerts').mentions },
    { how: 'typed', mentions: [] },
  ])('a dead channel that is $how is revived by the line that was printed', async ({ mentions }) => {
    const opened = await withMonitors('group add ops', 'group map ops #alerts');
    const { send, say } = opened;
    await alertsIsArchived(opened);
    expect(await send('group map ops #alerts', { mentions })).toMatchObject({
      ok: true,
      message: { title: '#alerts can be reached again' },
    });
    expect(await say('group show ops')).not.toContain('Nothing can be sent');
    expect(await send('group map ops #alerts', { mentions })).toMatchObject({ ok: false });
  });
});

describe('help and what is not there', () => {
  it('lists every command, and tells one in full', async () => {
    const { say } = await bench();
    expect(await say('help')).toContain(
      'snooze INCIDENT DURATION|DATE|until-renewed|until-next-threshold: keep an incident quiet',
    );
    const all = await say('help');
    for (const name of COMMAND_NAMES) expect(all).toContain(`  - ${name}`);
    // Who reads on a phone looks for a command, not for its flags.
    expect(all).toContain('  - add HOST[:PORT] PROTOCOL …: watch a service');
    expect(all).toContain('Contact groups: who is told\n  - group add NAME …: ');
    expect(await say('help group')).toContain('group unmap NAME #channel');
    expect(await say('help group')).toContain('[--escalate G --after 30m]');
    expect(await say('help ack')).toMatchInlineSnapshot(`
      "ack: say that you take care of an incident
        Usage: ack INCIDENT
        - It ends by itself when the incident gets worse.
        - INCIDENT is its number, such as #17, or its id.
        For example: ack #17
        Responders and admins may say it."
    `);
  });

  it('a command of a later version is refused honestly', async () => {
    expect(await (await bench()).say('export')).toMatchInlineSnapshot(`
      "Not done: this version of certmon has no export yet, and nothing was changed.
        list shows all monitors."
    `);
  });

  it('every button that any reply offers is a command that the grammar takes', async () => {
    const { send, services } = await withMonitors('group add ops', 'add a.example https');
    services.set('old.example.com', EXPIRED);
    const texts = [
      'add old.example.com https',
      'list',
      'incidents',
      'incidents #1',
      'show a.example',
      'ack #1',
      'ack #1',
      'unack #1',
    ];
    texts.push(
      'snooze #1 4h',
      'unsnooze #1',
      'pause a.example',
      'pause a.example',
      'resume a.example',
      'shwo a.example',
      'group map ops #x',
    );
    texts.push('add a.example https', 'show a.exampel', 'help', 'remove a.example');
    const lines: string[] = [];
    for (const text of texts) {
      for (const action of (await send(text)).message.actions) {
        lines.push(...(action.type === 'button' ? [action.command] : action.options.map((option) => option.command)));
      }
    }
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => !parseCommand(line).ok)).toEqual([]);
  });
});

describe('accept', () => {
  const LINE = 'accept #1 expired --until 2026-12-24 --reason "the machine goes"';

  it('closes the incident, and tells until when and why', async () => {
    const { send, say, services } = await bench();
    services.set('old.example.com', EXPIRED);
    await send('add old.example.com https');

    expect(await say(LINE)).toContain('Accepted until 2026-12-24 00:00 UTC by');
    expect(await say('incidents')).toContain('No open incidents');
    expect(await say('check old.example.com')).toContain('the machine goes');
    expect(await say(LINE)).toContain('#1 is resolved already');
  });

  it.each([
    {
      line: 'accept #1 name-mismatch --until 2026-12-24 --reason x',
      says: '#1 has no fault name-mismatch: it has expired',
    },
    { line: 'accept #1 expird --until 2026-12-24 --reason x', says: 'Did you mean accept #1 expired' },
    { line: 'accept #1 expired --until 2020-01-01 --reason x', says: 'has passed already' },
    { line: 'accept #1 expired --until 2028-01-01 --reason x', says: 'a year at most' },
    { line: 'accept #1 expired --until 2026-12-24', says: 'needs a reason' },
    { line: 'accept #1 expired --reason x', says: 'needs a day' },
    { line: 'accept #1 expired --until 4h --reason x', says: "'4h' is no date" },
  ])('is refused, and nothing is accepted: $line', async ({ line, says }) => {
    const { send, say, services } = await bench();
    services.set('old.example.com', EXPIRED);
    await send('add old.example.com https');

    expect(await say(line)).toContain(says);
    expect(await say('incidents')).toContain('1 open incident');
  });
});
