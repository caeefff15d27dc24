/** `add`: one monitor, or several lines of them; each is probed at once. */
import { counted } from '../../core/counted.ts';
import type { ContactGroup } from '../../core/contact-group.ts';
import type { Monitor } from '../../core/monitor.ts';
import { nearest } from '../../core/nearest.ts';
import { quote } from '../../core/quote.ts';
import type { Profile } from '../../core/profile.ts';
import { addMonitor } from '../../monitoring/monitors.ts';
import type { AddOutcome } from '../../monitoring/monitors.ts';
import type { Commit } from '../../monitoring/deps.ts';
import { FIRST_SIGHT_MS, tellFirstSight } from '../../monitoring/first-sight.ts';
import type { AddLine, AddWish } from '../grammar/add.ts';
import type { CommandProblem } from '../grammar/arguments.ts';
import type { Block, Reply, Text } from '../message.ts';
import { button, code, command, done, message, note, problemReply, refusal, text, undone } from '../reply.ts';
import { quoteWord } from '../grammar/tokens.ts';
import { noteOf } from './audit.ts';
import type { CommandContext, Handler } from './context.ts';
import { headline, monitorActions, seenFields, seenMessage } from './check-report.ts';
import { describe, isGroupName } from './references.ts';
import { limitText, nextTargetAt, tooManyTargets } from './target-limit.ts';

export const add: Handler<'add'> = (context, { lines }) => {
  const [only, second] = lines;
  if (only !== undefined && second === undefined) return addOne(context, only);
  return addSeveral(context, lines);
};

async function addOne(context: CommandContext, line: AddLine): Promise<Reply> {
  if (!line.wish.ok) return problemReply(line.wish.problem);
  const names = await lookUp(context, line.wish.value, line.text);
  if (!names.ok) return problemReply(names.problem);
  const outcome = await addWish(context, line.wish.value, names, context.commit);
  switch (outcome.type) {
    case 'added':
      return added(context, outcome, names);
    case 'duplicate':
      return refusal(
        `${describe(outcome.of)} is watched already, so nothing was added`,
        [
          text(`It is ${headline(outcome.of)}.`),
          note(['Monitor ', code(outcome.of.id), ': ', command(`show ${outcome.of.id}`)]),
        ],
        monitorActions(outcome.of),
      );
    case 'too-many':
      return tooManyTargets(context, outcome.until, 'nothing was added');
    case 'no-addresses':
      return noAddresses(line, line.wish.value, outcome.detail);
  }
}

function added(context: CommandContext, outcome: Extract<AddOutcome, { type: 'added' }>, names: Names): Reply {
  const { check } = outcome;
  const told = toldFact(context, names);
  return done({
    audience: 'channel',
    message: seenMessage(
      check,
      context.now,
      [{ label: 'Profile', value: names.profile.name }, told],
      `Added ${headline(check.monitor)}`,
    ),
    ...seenFields(check),
  });
}

function toldFact(context: CommandContext, names: Names) {
  const mapped = names.groups.some((group) => group.mappings.length > 0);
  const groups = names.groups.map((group) => group.name).join(', ');
  const here = context.channel.isPrivateChat ? 'here, to you' : `#${context.channel.name}`;
  if (names.groups.length === 0) return { label: 'Alerts go', value: here };
  return {
    label: 'Alerts go',
    value: mapped ? `to ${groups}` : `${here}, until a channel is mapped to ${groups}`,
  };
}

function noAddresses(line: AddLine, wish: AddWish, detail: string): Reply {
  const { displayHost } = wish.endpoint;
  return refusal(`${quote(displayHost, 253)} has no address, so nothing was added`, [
    text(`The resolver said: ${detail}`),
    text(['Look for a slip in the name, and try again when it resolves: ', command(line.text)]),
  ]);
}

// ---------------------------------------------------------------- names

interface Names {
  readonly ok: true;
  readonly profile: Profile;
  readonly groups: readonly ContactGroup[];
}

const DEFAULT_PROFILE = 'Standard';

/** The profile and groups that the line names: all of them are there, or nothing is added. */
async function lookUp(
  context: CommandContext,
  wish: AddWish,
  line: string,
): Promise<Names | { readonly ok: false; readonly problem: CommandProblem }> {
  const { store } = context.deps;
  const name = wish.profile ?? DEFAULT_PROFILE;
  const profile = await store.profiles.findByName(context.workspaceId, name);
  if (profile === undefined) {
    const known = (await store.profiles.list(context.workspaceId)).map((one) => one.name);
    return missing(
      `there is no profile ${quote(name)}, so nothing was added: there are ${known.join(', ')}`,
      name,
      known,
      line,
    );
  }
  const groups: ContactGroup[] = [];
  for (const wanted of wish.groups) {
    const group = await store.groups.findByName(context.workspaceId, wanted);
    if (group === undefined) {
      const known = (await store.groups.list(context.workspaceId)).map((one) => one.name);
      const refused = missing(`there is no contact group ${quote(wanted)}, so nothing was added`, wanted, known, line);
      const advice = isGroupName(wanted) ? `\`group add ${wanted}\` makes it.` : '`group list` shows those there are.';
      return { ...refused, problem: { ...refused.problem, advice } };
    }
    if (!groups.some((one) => one.id === group.id)) groups.push(group);
  }
  return { ok: true, profile, groups };
}

/** The line as it was probably meant, where the wrong name stands in it as it is. */
function missing(what: string, wrongName: string, known: readonly string[], line: string) {
  const near = nearest(wrongName, known);
  const at = line.lastIndexOf(wrongName);
  const suggestion =
    near === undefined || at === -1
      ? undefined
      : line.slice(0, at) + quoteWord(near) + line.slice(at + wrongName.length);
  return { ok: false as const, problem: { message: what, ...(suggestion === undefined ? {} : { suggestion }) } };
}

function addWish(
  context: CommandContext,
  wish: AddWish,
  names: Names,
  commit: Commit,
  opensNotBefore?: Date,
): Promise<AddOutcome> {
  return addMonitor(
    context.deps,
    context.workspaceId,
    {
      endpoint: wish.endpoint,
      name: wish.name,
      profileId: names.profile.id,
      groupIds: names.groups.map((group) => group.id),
      tags: wish.tags,
      channelId: context.channel.id,
      by: context.person,
      opensNotBefore,
    },
    commit,
    context.signal,
    { nextAt: (stores) => nextTargetAt(context, stores), note: noteOf(context) },
  );
}

// ---------------------------------------------------------------- several lines

interface LineResult {
  readonly line: AddLine;
  readonly outcome: AddOutcome | { readonly type: 'problem'; readonly problem: CommandProblem };
}

/** Probes under way at once: most of an add is waiting for the network. */
const AT_ONCE = 8;
const REPORTED = 50;

/**
 * Every line stands for itself: what is wrong with one stops no other. Each is committed alone and not through the
 * command's own commit, since a restart may come between two: run again, those already there are told as duplicates.
 */
async function addSeveral(context: CommandContext, lines: readonly AddLine[]): Promise<Reply> {
  const results: LineResult[] = [];
  const begun = context.deps.clock.now();
  const waiting = [...lines.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, line] = next;
      results[index] = await addLine(context, line, new Date(begun.getTime() + FIRST_SIGHT_MS));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, lines.length) }, work));
  const added = results.flatMap(({ outcome }) => (outcome.type === 'added' ? [outcome.check] : []));
  const withNews = added.filter(({ hasNews }) => hasNews).map(({ monitor }) => monitor.id);
  await tellFirstSight(context.deps, context.workspaceId, withNews, added.length, begun);
  return report(results, await trustOffer(context, results));
}

async function addLine(context: CommandContext, line: AddLine, opensNotBefore: Date): Promise<LineResult> {
  if (!line.wish.ok) return { line, outcome: { type: 'problem', problem: line.wish.problem } };
  const names = await lookUp(context, line.wish.value, line.text);
  if (!names.ok) return { line, outcome: { type: 'problem', problem: names.problem } };
  const alone: Commit = (work) => context.deps.store.transaction(work);
  return { line, outcome: await addWish(context, line.wish.value, names, alone, opensNotBefore) };
}

/** From this many monitors on, one issuer that nobody trusts is more likely a private CA than many mistakes. */
const TRUST_OFFERED_ABOVE = 5;

/** Where one issuer explains the findings of many, the way to trust it. */
async function trustOffer(context: CommandContext, results: readonly LineResult[]): Promise<Block[]> {
  const byIssuer = new Map<string, Monitor[]>();
  for (const { outcome } of results) {
    if (outcome.type !== 'added') continue;
    for (const { code: found, fingerprint } of outcome.check.assessment.findings) {
      if (found !== 'untrusted' || fingerprint === undefined) continue;
      byIssuer.set(fingerprint, [...(byIssuer.get(fingerprint) ?? []), outcome.monitor]);
    }
  }
  const { store } = context.deps;
  const offers: Block[] = [];
  for (const [fingerprint, monitors] of byIssuer) {
    if (monitors.length <= TRUST_OFFERED_ABOVE) continue;
    const certificate = await store.checks.certificate(context.workspaceId, fingerprint);
    if (certificate === undefined) continue;
    const profileIds = new Set(monitors.map(({ profileId }) => profileId));
    const profiles = await store.profiles.list(context.workspaceId);
    const names = profiles.filter(({ id }) => profileIds.has(id)).map(({ name }) => name);
    offers.push(
      text([
        `One issuer that is not trusted explains ${String(monitors.length)} of them: `,
        code(certificate.issuer),
        '. If it is your own CA, trust it: ',
        ...names.flatMap((name, index) => [
          ...(index === 0 ? [] : [' and ']),
          command(`profile edit ${quoteWord(name)} --ca PEM`),
        ]),
      ]),
    );
  }
  return offers;
}

function report(results: readonly LineResult[], offers: readonly Block[]): Reply {
  const monitors = results.flatMap(({ outcome }) => (outcome.type === 'added' ? [outcome.monitor] : []));
  const refused = results.length - monitors.length;
  // What needs a look comes first: there may be more lines than a message holds.
  const rank = ({ outcome }: LineResult): number =>
    outcome.type !== 'added' ? 0 : outcome.monitor.status === 'valid' ? 2 : 1;
  const sorted = [...results].sort((a, b) => rank(a) - rank(b) || a.line.line - b.line.line);
  const shown = sorted.slice(0, REPORTED);
  const more = sorted.length - shown.length;
  const title =
    refused === 0
      ? `Added ${counted(monitors.length, 'monitor')}`
      : `Added ${counted(monitors.length, 'monitor')}; ${counted(refused, 'line')} could not be taken`;
  const blocks: Block[] = [
    { type: 'list', items: shown.map(resultLine) },
    ...(more > 0
      ? [text(`and ${counted(more, 'more line')}; what was added of them is in the list of monitors.`)]
      : []),
    ...offers,
    note([command('list'), ' shows all monitors; ', command('show MONITOR'), ' one with its findings.']),
  ];
  const parts = {
    message: message(refused > 0 ? 'warning' : toneOfAll(results), title, blocks, [button('List', 'list')]),
    monitors: monitors.map((monitor) => monitor.id),
  };
  return monitors.length === 0 ? undone(parts) : done({ ...parts, audience: 'channel' });
}

function toneOfAll(results: readonly LineResult[]) {
  return results.every(({ outcome }) => outcome.type === 'added' && outcome.monitor.status === 'valid')
    ? 'good'
    : 'warning';
}

function resultLine({ line, outcome }: LineResult): Text {
  const where = `line ${String(line.line)}: `;
  switch (outcome.type) {
    case 'added':
      return [where, { bold: 'added' }, ` ${headline(outcome.monitor)}`];
    case 'duplicate':
      return [where, { bold: 'already there' }, ` ${headline(outcome.of)} (${outcome.of.id})`];
    case 'too-many':
      return [where, { bold: 'not added' }, ` ${quote(line.text, 80)}: ${limitText(outcome.until)}`];
    case 'no-addresses':
      return [where, { bold: 'not added' }, ` ${quote(line.text, 80)}: the name has no address (${outcome.detail})`];
    case 'problem': {
      const { message: what, suggestion } = outcome.problem;
      const meant: Text = suggestion === undefined ? [] : ['; did you mean ', command(suggestion), '?'];
      return [where, { bold: 'not added' }, ` ${quote(line.text, 80)}: ${what}`, ...meant];
    }
  }
}
