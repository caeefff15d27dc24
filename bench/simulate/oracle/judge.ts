/** Judges each message as people see it: nothing false, nothing twice, in one place, and at its time. */
import type { Message } from '../platform.ts';
import { instant, MINUTE_MS } from '../time.ts';
import type { GroupName } from '../world/site.ts';
import {
  ESCALATES_AFTER_MS,
  isLeftAlone,
  MENTIONING,
  REMIND_EARLY_MS,
  REMIND_EVERY_MS,
  REMINDER_DELAYED_MS,
} from './attended.ts';
import { HOLD_DOWN_MOST_MS, holdDownMs, REOPEN_WITHIN_MS } from './case.ts';
import type { Case } from './case.ts';
import { nameOf, placeOf, SLACK_MS } from './court.ts';
import type { Court } from './court.ts';
import type { Duties } from './duties.ts';
import { HOURS, isOpen } from './hours.ts';
import type { Reply, Thread } from './threads.ts';

export function createJudge(
  court: Court,
  duties: Duties,
  judgeNotice: (message: Message) => void,
): (message: Message) => void {
  const { cases, book, violate, nowMs, hostOf, siteOf } = court;
  const where = placeOf;

  const judgeHead = (thread: Thread, isPost: boolean): void => {
    const one = cases.get(thread.key);
    const { head } = thread;
    const atMs = nowMs();
    if (head.status === 'resolved') {
      const affected =
        one === undefined ? undefined : [...one.sites].find(([, { joinedMs }]) => joinedMs < atMs - SLACK_MS);
      if (affected !== undefined)
        violate('truth', `head ${where(thread)} says resolved while ${affected[0].host} is still affected`);
      return;
    }
    for (const id of head.monitorIds) {
      const site = siteOf(hostOf(id));
      if (site === undefined) continue;
      const who = `${site.host} (${site.story})`;
      if (site.isQuiet) violate('false alarm', `head ${where(thread)} lists ${who}, where nothing is wrong`);
      const leftMs = one?.leftMs.get(site) ?? -Infinity;
      if (one?.sites.has(site) !== true && atMs - leftMs > HOLD_DOWN_MOST_MS + SLACK_MS)
        violate('false alarm', `head ${where(thread)} lists ${who}, and no recorded check says so: ${head.title}`);
    }
    if (!isPost) return;
    judgeNewness(thread, atMs);
    if (thread.channel === 'managers') judgeEscalation(one, thread);
  };

  /** "A key that is back within 1 h of its end reopens the same incident and thread." */
  const judgeNewness = (thread: Thread, atMs: number): void => {
    const last = book.at(thread.channel, thread.key).findLast((other) => other !== thread);
    if (last === undefined) return;
    if (last.resolvedAtMs === undefined) {
      violate('one thread', `head ${where(thread)} is new, though #${String(last.number)} is still open`);
    } else if (atMs - last.resolvedAtMs < REOPEN_WITHIN_MS - MINUTE_MS) {
      violate(
        'one thread',
        `head ${where(thread)} is new, though #${String(last.number)} ended at ${instant(last.resolvedAtMs)}`,
      );
    }
  };

  const judgeEscalation = (one: Case | undefined, thread: Thread): void => {
    one?.channels.add('managers');
    const isTime = one !== undefined && nowMs() - one.openedMs >= ESCALATES_AFTER_MS - REMIND_EARLY_MS;
    if (!isTime || !one.channels.has('new-york') || thread.head.severity !== 'critical')
      violate('escalation', `head ${where(thread)} is nobody's to be told yet`);
  };

  /** "Once per rise to that severity, in a new post." */
  const judgeMentions = ({ content, how, channel }: Message, reply: Reply | undefined): void => {
    if (content.kind === 'notice' || how === 'edit') return;
    const isRise = reply === undefined || reply.what === 'worse';
    const expected = channel === MENTIONING && isRise && content.severity === 'critical' ? 1 : 0;
    if (content.mentions.length !== expected)
      violate(
        'mentions',
        `${content.title} in #${channel} (${reply?.what ?? 'head'}) calls ${String(content.mentions.length)} people`,
      );
  };

  const judgeReply = (thread: Thread, { what, text }: Reply): void => {
    const one = cases.get(thread.key);
    switch (what) {
      case 'opened':
        if (thread.replies.filter((reply) => reply.what === 'opened').length > 1)
          violate('told twice', `${where(thread)} is opened twice`);
        return;
      case 'reminder':
        judgeReminder(one, thread);
        return;
      case 'closed':
        judgeEnd(one, thread);
        return;
      case 'reopened':
      case 'left':
      case 'person':
      case 'escalated':
      case 'noted':
        return;
      default:
        takePending(one, thread, what, text);
    }
  };

  /** Thresholds, rises and the end of a silence are said because they are due, once for each. */
  const takePending = (one: Case | undefined, thread: Thread, what: Reply['what'], text: string): void => {
    const channel = thread.channel as GroupName;
    const waiting = one?.pending.get(channel) ?? [];
    const match = waiting.find((reply) => reply.what === what);
    if (match === undefined) violate('told twice', `${where(thread)}: "${what}" is said, though none is due: ${text}`);
    one?.pending.set(
      channel,
      waiting.filter((reply) => reply !== match),
    );
  };

  const judgeEnd = (one: Case | undefined, thread: Thread): void => {
    if (one === undefined) return;
    const atMs = nowMs();
    const { endedMs } = one;
    // Where there are hours, the end may be told when it has begun anew.
    if (endedMs === undefined) return;
    const holdMs = one.wasEndedByPerson ? 0 : holdDownMs(one, endedMs);
    if (atMs - endedMs < holdMs)
      violate(
        'hold-down',
        `${where(thread)} came back ${String(one.returns)} times, is well since ${instant(endedMs)}, and is told to be over`,
      );
  };

  const judgeReminder = (one: Case | undefined, thread: Thread): void => {
    const atMs = nowMs();
    const isDue = one !== undefined && one.sites.size > 0 && one.severity === 'critical' && isLeftAlone(one.attended);
    if (!isDue) violate('reminders', `${where(thread)} is reminded of, though it is over, taken, silent or a warning`);
    const before = thread.replies.slice(0, -1).findLast(({ what }) => what === 'reminder');
    if (before !== undefined && atMs - before.atMs < REMIND_EVERY_MS - REMINDER_DELAYED_MS)
      violate('reminders', `${where(thread)} is reminded of twice within a day: first at ${instant(before.atMs)}`);
    if (one !== undefined && HOURS[thread.channel as GroupName].window === undefined) duties.attend(one, atMs);
  };

  const judgeHours = ({ how, channel, content, atMs }: Message, reply: Reply | undefined): void => {
    const group = channel as GroupName;
    if (how === 'edit' || isOpen(group, atMs) || atMs === court.personMs) return;
    if (content.severity === 'critical' && HOURS[group].criticalThrough) return;
    violate('hours', `#${channel} is spoken to outside its hours: ${content.title} (${reply?.what ?? 'head'})`);
  };

  return (message) => {
    const { content, how, channel } = message;
    if (content.kind === 'notice') {
      judgeNotice(message);
      return;
    }
    const thread = book.take(message);
    if (thread === undefined) {
      violate('order', `a ${how} in #${channel} belongs to no head`);
      return;
    }
    const reply = content.kind === 'thread' ? thread.replies.at(-1) : undefined;
    if (reply === undefined) judgeHead(thread, how === 'post');
    else judgeReply(thread, reply);
    judgeHours(message, reply);
    judgeMentions(message, reply);
  };
}

/** What the heads say at the end, against what is so. */
export function judgeLast({ book, cases, violate, hostOf, nowMs }: Court): void {
  const atMs = nowMs();
  for (const thread of book.all) {
    const one = cases.get(thread.key);
    const where = `at the end the head ${placeOf(thread)}`;
    const isLatest = thread === book.at(thread.channel, thread.key).at(-1);
    if (!isLatest || one === undefined || one.sites.size === 0) {
      const endedMs = isLatest ? (one?.endedMs ?? 0) : 0;
      if (thread.head.status !== 'resolved' && atMs - endedMs > HOLD_DOWN_MOST_MS + SLACK_MS)
        violate('truth', `${where} is open, and its cause ended at ${instant(endedMs)}`);
      continue;
    }
    if ([...one.sites.values()].some(({ joinedMs }) => atMs - joinedMs < SLACK_MS)) continue;
    const listed = new Set(thread.head.monitorIds.map(hostOf));
    const touched = new Set([...one.sites.keys()].map(({ host }) => host));
    const missing = [...touched].filter((host) => !listed.has(host));
    const extra = [...listed].filter((host) => !touched.has(host));
    if (thread.head.status !== 'open') violate('truth', `${where} is resolved, and ${nameOf(one.key)} goes on`);
    else if (missing.length + extra.length > 0)
      violate('truth', `${where} misses [${missing.join(', ')}] and lists [${extra.join(', ')}] too much`);
    else if (thread.head.severity !== one.severity)
      violate('truth', `${where} is ${thread.head.severity}, and should be ${one.severity}`);
    else if ((thread.head.acknowledgedBy !== undefined) !== one.attended.isAcknowledged)
      violate('truth', `${where} says acknowledged by ${thread.head.acknowledgedBy ?? 'nobody'}, which is not so`);
  }
}
