/** `check`, `pause`, `resume`, `remove` of one monitor, or of all that a filter fits: these are asked about first. */
import { counted } from '../../core/counted.ts';
import { SEVERITY_RANK } from '../../core/finding.ts';
import type { Monitor } from '../../core/monitor.ts';
import { joined } from '../../core/tag-filter.ts';
import type { TagFilter } from '../../core/tag-filter.ts';
import { checkNow } from '../../monitoring/check.ts';
import type { CheckOutcome } from '../../monitoring/check.ts';
import { pauseMonitors, removeMonitors, resumeMonitors } from '../../monitoring/monitors.ts';
import type { ActionType } from '../grammar/monitors.ts';
import type { Block, Reply } from '../message.ts';
import { button, command, done, message, note, refusal, text, undone } from '../reply.ts';
import { needsRole, reaches } from '../roles.ts';
import { headline, toneOf } from './check-report.ts';
import type { CommandContext, Handler } from './context.ts';
import { ON_ONE, these } from './monitors.ts';
import { describe } from './references.ts';
import { monitorOrFilter, nothingFits } from './selection.ts';
import type { Chosen } from './selection.ts';

/** Looked at while the person waits; more are only made due. */
const CHECKED_AT_ONCE = 100;
/** Probes under way at once: most of a check is waiting for the network. */
const PROBES = 8;
const SHOWN = 10;
const RESULTS_SHOWN = 20;
const MADE_DUE_AT_ONCE = 1_000;

const DONE_TEXT = { check: 'checked', pause: 'paused', resume: 'resumed', remove: 'removed' } as const;

export const actOnMonitors: Handler<ActionType> = async (context, { type, on, yes }) => {
  const selected = await monitorOrFilter(context, on, type);
  if ('refused' in selected) return selected.refused;
  if ('monitor' in selected.found) return ON_ONE[type](context, selected.found.monitor);
  return actOnMany(context, type, selected.found, yes);
};

async function actOnMany(context: CommandContext, type: ActionType, chosen: Chosen, yes: boolean): Promise<Reply> {
  const { store } = context.deps;
  const { workspaceId, now } = context;
  const { total: fitting } = await store.monitors.count(workspaceId, { filter: chosen.filter, now });
  if (fitting === 0) return nothingFits(context, chosen);
  const which = { filter: concerned(type, chosen.filter), now };
  const { total } = await store.monitors.count(workspaceId, which);
  const leftOut = fitting - total;
  if (total === 0) {
    const state = type === 'resume' ? 'none of them is paused' : 'all of them are paused already';
    return refusal(`${counted(fitting, 'monitor')} fit, and ${state}: nothing was done`);
  }
  const least = type === 'check' && total > CHECKED_AT_ONCE ? 'admin' : 'responder';
  if (!reaches(context.role, least)) {
    const many = least === 'admin' ? `${type} of more than ${String(CHECKED_AT_ONCE)} monitors` : `${type} by filter`;
    return needsRole(many, least, context.role);
  }
  if (!yes) return question(context, type, chosen, total, leftOut);
  const ids = await store.monitors.ids(workspaceId, which);
  if (type === 'check') {
    return ids.length > CHECKED_AT_ONCE ? makeDue(context, ids) : checkEach(context, ids, leftOut);
  }
  const changed = await CHANGE[type](context.deps, these(context, ids));
  return changedReply(type, chosen, changed, ids.length - changed.length);
}

const CHANGE = { pause: pauseMonitors, resume: resumeMonitors, remove: removeMonitors } as const;

/** Those that the action would do something to: what is paused is neither paused again nor checked with others. */
function concerned(type: ActionType, filter: TagFilter): TagFilter {
  const paused: TagFilter = { type: 'status', status: 'paused' };
  if (type === 'remove') return filter;
  return joined('and', filter, type === 'resume' ? paused : { type: 'not', term: paused });
}

async function question(
  context: CommandContext,
  type: ActionType,
  chosen: Chosen,
  total: number,
  leftOut: number,
): Promise<Reply> {
  const which = { filter: concerned(type, chosen.filter), now: context.now };
  const first = await context.deps.store.monitors.list(context.workspaceId, which, SHOWN, 0);
  const line = `${type} ${chosen.line} --yes`;
  const what = counted(total, 'monitor');
  return undone({
    message: message(
      'warning',
      `This would ${type} ${what}: nothing was done yet`,
      [
        ...monitorList(first, total),
        ...(leftOut > 0 ? [text(leftOutText(type, leftOut))] : []),
        ...(type === 'remove' ? [text('Their history goes with them, and their incidents are closed.')] : []),
        text(['To do it: ', command(line)]),
      ],
      [button(`${capital(type)} ${what}`, line, type === 'remove' ? 'danger' : 'primary')],
    ),
    monitors: first.map(({ id }) => id),
  });
}

function leftOutText(type: ActionType, leftOut: number): string {
  return type === 'resume'
    ? `${String(leftOut)} more fit and are not paused.`
    : `${String(leftOut)} more fit and are paused: they stay as they are.`;
}

function monitorList(shown: readonly Monitor[], total: number): Block[] {
  const more = total - shown.length;
  return [{ type: 'list', items: shown.map(headline) }, ...(more > 0 ? [text(`and ${String(more)} more`)] : [])];
}

function changedReply(
  type: Exclude<ActionType, 'check'>,
  chosen: Chosen,
  changed: readonly Monitor[],
  missed: number,
): Reply {
  const shown = changed.slice(0, SHOWN);
  const more = changed.length - shown.length;
  const back = { pause: 'resume', resume: 'pause', remove: undefined }[type];
  const next: Readonly<Record<typeof type, string>> = {
    pause: 'They are not checked any more, and their incidents are closed.',
    resume: 'They are checked within a few minutes, and then as their profiles say.',
    remove: 'They are not watched any more; their history is gone and their incidents are closed.',
  };
  const parts = {
    message: message(
      'neutral',
      `${capital(DONE_TEXT[type])} ${counted(changed.length, 'monitor')}`,
      [
        { type: 'list', items: shown.map(describe) },
        ...(more > 0 ? [text(`and ${String(more)} more`)] : []),
        ...(missed > 0 ? [text(`${String(missed)} were changed or removed by others in the meantime.`)] : []),
        text(next[type]),
      ],
      back === undefined ? [] : [button(capital(back), `${back} ${chosen.line}`)],
    ),
    monitors: changed.map(({ id }) => id),
  };
  return changed.length === 0 ? undone(parts) : done({ ...parts, audience: 'channel' });
}

async function makeDue(context: CommandContext, ids: readonly string[]): Promise<Reply> {
  await context.commit(async (stores) => {
    for (let from = 0; from < ids.length; from += MADE_DUE_AT_ONCE) {
      const some = ids.slice(from, from + MADE_DUE_AT_ONCE);
      await stores.monitors.checkSoon(context.workspaceId, some, context.now);
    }
  });
  return done({
    message: message('neutral', `${counted(ids.length, 'monitor')} are checked now, as fast as certmon can`, [
      text(`Up to ${String(CHECKED_AT_ONCE)} are looked at while you wait; these are more, so they were made due.`),
      text(['What they find is told where their alerts go; ', command('list'), ' shows how they stand.']),
    ]),
    monitors: ids,
  });
}

/** Each is committed alone: what was seen is recorded, whatever comes of the others. */
async function checkEach(context: CommandContext, ids: readonly string[], leftOut: number): Promise<Reply> {
  const { deps, workspaceId, signal } = context;
  const waiting = [...ids];
  const outcomes: CheckOutcome[] = [];
  const work = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const outcome = await checkNow(deps, workspaceId, id, (body) => deps.store.transaction(body), signal);
      if (outcome !== undefined) outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PROBES, ids.length) }, work));
  return checkedReply(outcomes, ids.length - outcomes.length, leftOut);
}

function checkedReply(outcomes: readonly CheckOutcome[], gone: number, leftOut: number): Reply {
  const rated = outcomes.map(({ monitor, assessment }) => ({ monitor, tone: toneOf(monitor, assessment.findings) }));
  const rank = (tone: (typeof rated)[number]['tone']): number =>
    tone === 'critical' || tone === 'warning' ? SEVERITY_RANK[tone] : 0;
  const soonest = ({ monitor }: (typeof rated)[number]): number => monitor.daysLeft ?? Infinity;
  rated.sort((a, b) => rank(b.tone) - rank(a.tone) || compare(soonest(a), soonest(b)));
  const wrong = rated.filter(({ tone }) => rank(tone) > 0).length;
  const shown = rated.slice(0, RESULTS_SHOWN);
  const more = rated.length - shown.length;
  const what = counted(rated.length, 'monitor');
  return done({
    message: message(
      rated[0]?.tone ?? 'neutral',
      wrong === 0 ? `Checked ${what}: all are well` : `Checked ${what}: ${String(wrong)} need a look`,
      [
        { type: 'list', items: shown.map(({ monitor }) => headline(monitor)) },
        ...(more > 0 ? [text(`and ${String(more)} more, which are better off`)] : []),
        ...(gone > 0 ? [text(`${String(gone)} were removed in the meantime.`)] : []),
        ...(leftOut > 0 ? [text(leftOutText('check', leftOut))] : []),
        note([command('show MONITOR'), ' tells what is wrong with one and what to do.']),
      ],
    ),
    monitors: rated.map(({ monitor }) => monitor.id),
  });
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
