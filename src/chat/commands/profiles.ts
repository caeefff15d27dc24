/** `profile add|edit|remove|list|show`. */
import { counted } from '../../core/counted.ts';
import { nearest } from '../../core/nearest.ts';
import type { OwnCas } from '../../core/ports.ts';
import { profileNameProblem } from '../../core/profile-reading.ts';
import { withChange } from '../../core/profile-change.ts';
import type { ProfileChange } from '../../core/profile-change.ts';
import { profileDifference, profileFacts } from '../../core/profile-text.ts';
import { DEFAULT_PROFILE_NAME, STANDARD_PROFILE } from '../../core/profile.ts';
import type { Profile } from '../../core/profile.ts';
import { quote } from '../../core/quote.ts';
import { toSid } from '../../core/sid.ts';
import { foresee } from '../../monitoring/foresight.ts';
import type { Foreseen } from '../../monitoring/foresight.ts';
import { addProfile, editProfile, removeProfile } from '../../monitoring/profiles.ts';
import { quoteWord } from '../grammar/tokens.ts';
import type { ProfileWish } from '../grammar/profiles.ts';
import type { Block, Reply } from '../message.ts';
import { button, command, done, message, note, refusal, text } from '../reply.ts';
import { noteOf } from './audit.ts';
import type { CommandContext, Handler } from './context.ts';
import { casBlocks, readGivenCas } from './profile-cas.ts';
import { cleanName } from './references.ts';
import type { Found } from './references.ts';

export const listProfiles: Handler<'profile list'> = async (context) => {
  const { profiles } = context.deps.store;
  const all = await profiles.list(context.workspaceId);
  const usage = await profiles.usage(context.workspaceId);
  return done({
    message: message('neutral', counted(all.length, 'profile'), [
      {
        type: 'table',
        columns: ['Profile', 'Thresholds (days)', 'Monitors'],
        rows: all.map(({ id, name, thresholdsDays }) => [name, thresholdsDays.join(', '), String(usage.get(id) ?? 0)]),
      },
      note([command('profile show NAME'), ' tells all of one.']),
    ]),
  });
};

export const showProfile: Handler<'profile show' | 'profile remove'> = async (context, { name }) => {
  const result = await findProfile(context, name, 'profile show NAME');
  if ('refused' in result) return result.refused;
  const profile = result.found;
  const usage = await context.deps.store.profiles.usage(context.workspaceId);
  const users = usage.get(profile.id) ?? 0;
  const { extraCaPem } = profile.trust;
  const cas = extraCaPem === undefined ? undefined : context.deps.readCas(extraCaPem);
  return done({
    message: message('neutral', `Profile ${profile.name}`, [
      { type: 'facts', facts: [...profileFacts(profile), { label: 'Monitors', value: String(users) }] },
      ...(cas?.ok === true ? casBlocks(cas.value, context.now) : []),
      ...(users === 0 ? [] : [text([`${counted(users, 'monitor')}: `, command(`list profile:${profile.name}`)])]),
      note(['Profile ', { code: profile.id }]),
    ]),
  });
};

export const addNewProfile: Handler<'profile add'> = async (context, { name, wish }) => {
  const problem = profileNameProblem(name);
  if (problem !== undefined) return refusal(problem, nameSuggestion(name));
  const taken = await context.deps.store.profiles.findByName(context.workspaceId, name);
  if (taken !== undefined) return nameTaken(taken.name);
  const change = await toChange(context, wish);
  if ('refused' in change) return change.refused;
  const id = toSid('profile', context.deps.newUuid());
  const profile = withChange({ ...STANDARD_PROFILE, id, name, isBuiltIn: false }, change.found.change);
  if (lacksCa(profile)) return needsCa();
  if (!(await addProfile(context.workspaceId, profile, context.commit, noteOf(context)))) return nameTaken(name);
  return done({
    audience: 'channel',
    message: message('good', `Made profile ${name}`, [
      { type: 'facts', facts: profileFacts(profile) },
      ...change.found.blocks,
      text(['Monitors get it: ', command(`edit MONITOR --profile ${name}`)]),
    ]),
  });
};

export const editOneProfile: Handler<'profile edit'> = async (context, { name, wish, isConfirmed, line }) => {
  const result = await findProfile(context, name, 'profile edit NAME');
  if ('refused' in result) return result.refused;
  const before = result.found;
  const read = await toChange(context, wish);
  if ('refused' in read) return read.refused;
  const { change, blocks } = read.found;
  const after = withChange(before, change);
  if (lacksCa(after)) return needsCa();
  const changes = profileDifference(before, after);
  if (changes.length === 0) {
    return refusal(`Profile ${before.name} is so already, so nothing was changed`, [
      text(['All of it: ', command(`profile show ${before.name}`)]),
    ]);
  }
  const { store } = context.deps;
  const users = (await store.profiles.usage(context.workspaceId)).get(before.id) ?? 0;
  if (!isConfirmed && users > 0) {
    const foreseen = await foresee(context.deps, context.workspaceId, before, after);
    if (meansAlerts(foreseen)) return question(before, users, foreseen, changes, line);
  }
  const edited = await editProfile(
    context.deps,
    context.workspaceId,
    before.id,
    change,
    context.commit,
    noteOf(context),
  );
  if (edited === undefined) return refusal(`Profile ${before.name} was removed in the meantime by someone else`);
  return done({
    audience: 'channel',
    message: message('good', `Changed profile ${before.name}`, [
      { type: 'list', items: profileDifference(edited.before, edited.after) },
      ...blocks,
      text(
        users === 0
          ? 'No monitor has it yet.'
          : `${counted(users, 'monitor')} ${users === 1 ? 'is' : 'are'} checked by it within five minutes.`,
      ),
    ]),
  });
};

export const removeOneProfile: typeof showProfile = async (context, { name }) => {
  const result = await findProfile(context, name, 'profile remove NAME');
  if ('refused' in result) return result.refused;
  const profile = result.found;
  if (profile.name === DEFAULT_PROFILE_NAME) {
    return refusal(`${profile.name} stays: monitors that name no profile have it`, [
      text(['It can be changed: ', command(`profile edit ${profile.name} --thresholds 45,14,7,0`)]),
    ]);
  }
  const users = await removeProfile(context.workspaceId, profile, context.commit, noteOf(context));
  if (users > 0) {
    return refusal(
      `Profile ${profile.name} stays: ${counted(users, 'monitor')} ${users === 1 ? 'has' : 'have'} it`,
      [
        text(['They are: ', command(`list profile:${profile.name}`)]),
        text(['Give each another first: ', command(`edit MONITOR --profile ${DEFAULT_PROFILE_NAME}`)]),
      ],
      [button('Show them', `list profile:${profile.name}`)],
    );
  }
  return done({
    audience: 'channel',
    message: message('neutral', `Removed profile ${profile.name}`, [{ type: 'facts', facts: profileFacts(profile) }]),
  });
};

/** The profile of that name; `hint` is the line that would be right with the nearest name in place of NAME. */
export async function findProfile(context: CommandContext, name: string, hint: string): Promise<Found<Profile>> {
  const { profiles } = context.deps.store;
  const profile = await profiles.findByName(context.workspaceId, name);
  if (profile !== undefined) return { found: profile };
  const names = (await profiles.list(context.workspaceId)).map((one) => one.name);
  const near = nearest(name, names);
  return {
    refused: refusal(`There is no profile ${quote(name)}: there are ${names.join(', ')}`, [
      ...(near === undefined ? [] : [text(['Did you mean ', command(hint.replace('NAME', near)), '?'])]),
      ...(profileNameProblem(name) === undefined ? [text(['To make it: ', command(`profile add ${name}`)])] : []),
    ]),
  };
}

/** The wish with its CAs read, and what there is to say of them. */
async function toChange(
  context: CommandContext,
  { ca, ...rest }: ProfileWish,
): Promise<Found<{ readonly change: ProfileChange; readonly blocks: readonly Block[] }>> {
  if (ca === undefined) return { found: { change: rest, blocks: [] } };
  if (ca === 'none') return { found: { change: { ...rest, ca }, blocks: [] } };
  const read = await readGivenCas(context, ca);
  if ('refused' in read) return read;
  const cas: OwnCas = read.found;
  return { found: { change: { ...rest, ca: { pem: cas.pem } }, blocks: casBlocks(cas, context.now) } };
}

function lacksCa({ trust }: Profile): boolean {
  return trust.only && trust.extraCaPem === undefined;
}

function needsCa(): Reply {
  return refusal('--ca-only needs a CA of its own, or nothing would be trusted at all: nothing was changed', [
    text('Give it with --ca beside it.'),
  ]);
}

function nameTaken(name: string): Reply {
  return refusal(`There is a profile ${quote(name)} already`, [
    text(['It is changed by ', command(`profile edit ${name}`), ', and shown by ', command(`profile show ${name}`)]),
  ]);
}

function nameSuggestion(name: string): Block[] {
  const fixed = cleanName(name);
  return profileNameProblem(fixed) === undefined
    ? [text(['Did you mean ', command(`profile add ${quoteWord(fixed)}`), '?'])]
    : [];
}

function meansAlerts({ opened, worse, crossed, closed }: Foreseen): boolean {
  return opened + worse + crossed + closed > 0;
}

/** Nothing is done before somebody has seen what it means. */
function question(
  { name }: Profile,
  users: number,
  { monitors, opened, worse, crossed, closed }: Foreseen,
  changes: readonly string[],
  line: string | undefined,
): Reply {
  const alerts = opened + worse + crossed;
  const what =
    alerts > 0
      ? `means ${counted(alerts, 'alert')} about ${counted(monitors, 'monitor')}`
      : `ends ${counted(closed, 'incident')} of ${counted(monitors, 'monitor')}`;
  const items = [
    ...(opened > 0 ? [`${counted(opened, 'incident')} would open`] : []),
    ...(worse > 0 ? [`${counted(worse, 'incident')} would get worse`] : []),
    ...(crossed > 0 ? [`${counted(crossed, 'threshold')} would be told in the thread of an open incident`] : []),
    ...(closed > 0 ? [`${counted(closed, 'incident')} would close`] : []),
  ];
  const again = line === undefined ? undefined : `${line} --yes`;
  return refusal(
    `This change of ${name} ${what}, so it is not done yet`,
    [
      { type: 'list', items },
      { type: 'list', items: changes },
      text(
        again === undefined
          ? 'To do it, send it again with --yes at the end of its first line.'
          : ['To do it: ', command(again)],
      ),
      note(`Worked out from the last check of its ${counted(users, 'monitor')}.`),
    ],
    again === undefined ? [] : [button('Do it', again, 'danger')],
  );
}
