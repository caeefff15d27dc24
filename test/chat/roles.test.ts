import { describe, expect, it } from 'vitest';
import { createExecutor } from '../../src/chat/execute.ts';
import { COMMANDS, COMMAND_NAMES, specOf } from '../../src/chat/grammar/table.ts';
import type { CommandName } from '../../src/chat/grammar/table.ts';
import { ROLES, reaches } from '../../src/chat/roles.ts';
import { PLAIN, renderMessage } from '../../src/chat/console/render.ts';
import type { Incoming, Standing } from '../../src/core/inbox.ts';
import type { Role } from '../../src/core/workspace.ts';
import { bench, incoming } from './commands/bench.ts';
import type { Bench } from './commands/bench.ts';

/** The design's words, section 6; a command that is not here is for admins. */
const FOR_OTHERS: Readonly<Record<string, Exclude<Role, 'admin'>>> = {
  list: 'viewer',
  show: 'viewer',
  check: 'viewer',
  history: 'viewer',
  incidents: 'viewer',
  report: 'viewer',
  overview: 'viewer',
  help: 'viewer',
  settings: 'viewer',
  'group list': 'viewer',
  'group show': 'viewer',
  'profile list': 'viewer',
  'profile show': 'viewer',
  'tag list': 'viewer',
  'filter list': 'viewer',
  'filter show': 'viewer',
  add: 'responder',
  edit: 'responder',
  remove: 'responder',
  pause: 'responder',
  resume: 'responder',
  ack: 'responder',
  unack: 'responder',
  snooze: 'responder',
  unsnooze: 'responder',
  accept: 'responder',
  'tag add': 'responder',
  'tag remove': 'responder',
};

const BOB = { externalId: 'U0B0B', name: 'Bob' };

const fromSlack = (text: string, person: Incoming['person'] = BOB): Incoming =>
  incoming(text, {
    platform: 'slack',
    teamId: 'T1',
    person,
    conversation: { externalId: 'C1', name: 'ops', isPrivateChat: false },
  });

const say = async ({ send }: Bench, text: string, person: Incoming['person'] = BOB): Promise<string> => {
  const { message } = await send(text, fromSlack(text, person));
  return message.title;
};

async function give({ store, workspaceId }: Bench, role: Role): Promise<void> {
  await store.workspaces.setRole(workspaceId, { platform: 'slack', ...BOB }, role);
}

describe('what each command asks for', () => {
  it.each(COMMAND_NAMES)('%s', (name) => {
    expect(specOf(name).role).toBe(FOR_OTHERS[name] ?? 'admin');
  });

  it.each(ROLES)('a %s is refused what is for others, and nothing else, and nothing changes by it', async (role) => {
    const refused: CommandName[] = [];
    for (const name of COMMAND_NAMES) {
      const one = await bench();
      await give(one, role);
      const { message, ok } = await one.send(COMMANDS[name].example, fromSlack(COMMANDS[name].example));
      if (!message.title.includes(`, and you are a ${role} here: nothing was changed`)) continue;
      refused.push(name);
      expect(ok).toBe(false);
      expect(await one.store.monitors.count(one.workspaceId, { now: one.deps.clock.now() })).toMatchObject({
        total: 0,
      });
      expect(await one.store.groups.list(one.workspaceId)).toEqual([]);
      expect(await one.queued()).toEqual([]);
    }
    expect(refused).toEqual(COMMAND_NAMES.filter((name) => !reaches(role, specOf(name).role)));
  });
});

describe('who has which role', () => {
  const who = async (one: Bench, person: Incoming['person'] = BOB): Promise<Role> => {
    if (!(await say(one, 'group add ops', person)).includes('is for admins')) return 'admin';
    return (await say(one, 'ack #1', person)).includes('is for responders') ? 'viewer' : 'responder';
  };

  it.each([
    { given: undefined, standing: undefined, is: 'responder' },
    { given: undefined, standing: 'admin', is: 'admin' },
    { given: undefined, standing: 'guest', is: 'viewer' },
    { given: undefined, standing: 'unknown', is: 'viewer' },
    { given: 'responder', standing: 'unknown', is: 'responder' },
    { given: 'viewer', standing: undefined, is: 'viewer' },
    { given: 'viewer', standing: 'admin', is: 'viewer' },
    { given: 'responder', standing: 'guest', is: 'responder' },
    { given: 'admin', standing: 'guest', is: 'admin' },
  ] as const)('given $given, $standing to the platform: $is', async ({ given, standing, is }) => {
    const one = await bench();
    if (given !== undefined) await give(one, given);
    expect(await who(one, { ...BOB, ...(standing === undefined ? {} : { standing }) })).toBe(is);
  });

  it('whoever sits at the console is an admin, whatever was given', async () => {
    const one = await bench();
    await one.store.workspaces.setRole(
      one.workspaceId,
      { platform: 'console', externalId: 'ann', name: 'Ann' },
      'viewer',
    );
    expect((await one.send('group add ops')).ok).toBe(true);
  });

  it('those of CERTMON_ADMINS are admins, whatever was given; the same id elsewhere is somebody else', async () => {
    const one = await bench();
    await give(one, 'viewer');
    const execute = createExecutor(one.deps, {
      workspaceOf: () => Promise.resolve(one.workspaceId),
      admins: [{ platform: 'slack', externalId: BOB.externalId }],
    });
    const run = (heard: Incoming) =>
      execute(heard, (work) => one.store.transaction(work), new AbortController().signal);
    expect((await run(fromSlack('group add ops'))).ok).toBe(true);
    expect((await run({ ...fromSlack('group add web'), platform: 'teams' })).ok).toBe(false);
  });

  it('the platform is asked where its word did not come with the command, and a refusal tells that it said nothing', async () => {
    const one = await bench();
    const said: (Standing | undefined)[] = ['admin', undefined, 'guest', 'unknown'];
    const execute = createExecutor(one.deps, {
      workspaceOf: () => Promise.resolve(one.workspaceId),
      standingOf: () => Promise.resolve(said.shift()),
    });
    const add = async (person: Incoming['person'] = BOB): Promise<string> => {
      const heard = fromSlack('group add ops', person);
      const reply = await execute(heard, (work) => one.store.transaction(work), new AbortController().signal);
      return renderMessage(reply.message, PLAIN);
    };
    expect(await add()).toContain('Made contact group ops');
    expect(await add()).toContain('you are a responder here');
    expect(await add()).not.toContain('could not be asked');
    expect(await add()).toContain(
      'you are a viewer here: nothing was changed.\n  The chat platform could not be asked',
    );
    expect(await add({ ...BOB, standing: 'guest' })).toContain('you are a viewer here');
    expect(said).toEqual([]);
  });

  it('a refusal says what role it takes, which one is had, and who can give it', async () => {
    const one = await bench();
    expect(await one.say('group add ops', fromSlack('group add ops'))).toMatchInlineSnapshot(`
      "group add is for admins, and you are a responder here: nothing was changed.
        An admin can do it for you, or give you the role: settings role @you admin
        Admins are: those whom an admin made one, this team's admins on its chat platform, those named in CERTMON_ADMINS where certmon runs, and whoever sits at its console."
    `);
  });
});
