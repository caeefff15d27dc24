/** What must be said of a root cause, where and by when; each is looked at once its time is over. */
import { instant } from '../time.ts';
import type { GroupName, Site } from '../world/site.ts';
import { ESCALATES_AFTER_MS, isLeftAlone, REMIND_EVERY_MS } from './attended.ts';
import { holdDownMs } from './case.ts';
import type { Case, Pending } from './case.ts';
import { nameOf, SLACK_MS } from './court.ts';
import type { Court } from './court.ts';
import type { Severity } from './facts.ts';
import { HOURS, nextOpening } from './hours.ts';
import type { What } from './threads.ts';

export interface Duties {
  /** The head in this channel says that the site is affected. */
  listed(one: Case, site: Site, atMs: number): void;
  /** A reply in every thread that is open. */
  reply(one: Case, what: What, atMs: number): void;
  /** Every head says that it is over, once it has been well for long enough. */
  over(one: Case, atMs: number): void;
  /** From now on somebody is reminded each day, where it is critical and nobody has taken it. */
  attend(one: Case, atMs: number): void;
  /** A silence until an instant ends by itself, and says so. */
  silenceEnd(one: Case): void;
}

export function createDuties(court: Court): Duties {
  const { expectations, openThread, hostOf } = court;

  /** By when something said at `atMs` must have come to a channel. */
  const toldBy = (channel: GroupName, severity: Severity, atMs: number): number => {
    const passes = severity === 'critical' && HOURS[channel].criticalThrough;
    return (passes ? atMs : nextOpening(channel, atMs)) + SLACK_MS;
  };

  /** "While critical and unacknowledged", whatever the hours. */
  const escalate = (one: Case, atMs: number): void => {
    const { attended } = one;
    const isUp = (): boolean => one.sites.size > 0 && one.severity === 'critical' && isLeftAlone(attended);
    if (!one.channels.has('new-york') || !isUp()) return;
    const deadlineMs = atMs + ESCALATES_AFTER_MS + SLACK_MS;
    expectations.by(deadlineMs, () => {
      if (attended !== one.attended || attended.unattendedMs !== atMs || !isUp()) return undefined;
      if (openThread('managers', one.key) !== undefined) return undefined;
      return `${nameOf(one.key)} is critical and nobody took it since ${instant(atMs)}: no head in #managers by ${instant(deadlineMs)}`;
    });
  };

  const duties: Duties = {
    listed(one, site, atMs) {
      const channel = site.group;
      const joinedMs = one.sites.get(site)?.joinedMs;
      const deadlineMs = toldBy(channel, one.severity, atMs);
      expectations.by(deadlineMs, () => {
        const place = one.sites.get(site);
        if (place === undefined || place.joinedMs !== joinedMs) return undefined;
        const thread = openThread(channel, one.key);
        const codes = place.facts.map(({ code }) => code).join(', ');
        const what = `${site.host} (${site.story}): ${codes} on ${nameOf(one.key)}, seen at ${instant(atMs)}`;
        if (thread === undefined) return `${what}: no open head in #${channel} by ${instant(deadlineMs)}`;
        if (thread.head.monitorIds.some((id) => hostOf(id) === site.host)) return undefined;
        return `${what}: the head #${String(thread.number)} in #${channel} does not list it by ${instant(deadlineMs)}`;
      });
    },

    reply(one, what, atMs) {
      for (const channel of one.channels) {
        // A head that waits for the opening says all that happened before it.
        if (openThread(channel, one.key) === undefined) continue;
        const reply: Pending = { what, sinceMs: atMs };
        one.pending.set(channel, [...(one.pending.get(channel) ?? []), reply]);
        const deadlineMs = toldBy(channel, one.severity, atMs);
        expectations.by(deadlineMs, () => {
          const waiting = one.pending.get(channel) ?? [];
          if (!waiting.includes(reply)) return undefined;
          one.pending.set(
            channel,
            waiting.filter((other) => other !== reply),
          );
          return `"${what}" on ${nameOf(one.key)}, due since ${instant(atMs)}, was not said in #${channel} by ${instant(deadlineMs)}`;
        });
      }
    },

    over(one, atMs) {
      const holdMs = one.wasEndedByPerson ? 0 : holdDownMs(one, atMs);
      const deadlineMs = atMs + SLACK_MS + (holdMs === 0 ? 0 : holdMs + SLACK_MS);
      expectations.by(deadlineMs, () => {
        if (one.endedMs !== atMs) return undefined;
        const open = [...one.channels].find((channel) => openThread(channel, one.key) !== undefined);
        if (open === undefined) return undefined;
        return `${nameOf(one.key)} ended at ${instant(atMs)}, and its head in #${open} is still open at ${instant(deadlineMs)}`;
      });
    },

    attend(one, atMs) {
      const { attended } = one;
      escalate(one, atMs);
      const isWaiting = one.sites.size > 0 && one.severity === 'critical' && isLeftAlone(attended);
      attended.unattendedMs = isWaiting ? atMs : undefined;
      // Where there are hours, a reminder outside them is skipped.
      const channel = [...one.channels].find((group) => HOURS[group].window === undefined);
      if (!isWaiting || channel === undefined) return;
      const deadlineMs = atMs + REMIND_EVERY_MS + SLACK_MS;
      expectations.by(deadlineMs, () => {
        if (attended !== one.attended || attended.unattendedMs !== atMs) return undefined;
        if (one.sites.size === 0 || one.severity !== 'critical') return undefined;
        return `${nameOf(one.key)} is critical and nobody took it since ${instant(atMs)}: no reminder in #${channel} by ${instant(deadlineMs)}`;
      });
    },

    silenceEnd(one) {
      const { silence } = one.attended;
      if (silence?.kind !== 'until') return;
      const endMs = silence.instant.getTime();
      // Just before: at that very instant it is said.
      expectations.by(endMs - 1, () => {
        if (one.attended.silence !== silence || one.sites.size === 0) return undefined;
        one.attended.silence = undefined;
        duties.attend(one, endMs);
        duties.reply(one, 'silence ended', endMs);
        return undefined;
      });
    },
  };
  return duties;
}
