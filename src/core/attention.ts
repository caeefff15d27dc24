/**
 * What an open incident wants by itself as time passes: the end of its silence, a reminder, an escalation. All three hang on
 * the incident, the groups it is told to and the profiles of its members; one instant says when to look at it again.
 */
import type { ContactGroup } from './contact-group.ts';
import type { Incident } from './incident.ts';
import type { Profile } from './profile.ts';

export interface AttentionInput {
  readonly incident: Incident;
  /** Groups that its members lead to, and those it was escalated to. */
  readonly groups: readonly Pick<ContactGroup, 'id' | 'escalation'>[];
  /** Of its members' monitors. */
  readonly profiles: readonly Pick<Profile, 'remind'>[];
}

export interface Attention {
  readonly isSilenceOver: boolean;
  readonly isReminderDue: boolean;
  /** Groups to be told from now on. */
  readonly escalateTo: readonly string[];
}

/** What is due at `now`. Nothing of a closed incident is. */
export function attentionAt(input: AttentionInput, now: Date): Attention {
  const { incident } = input;
  const hasCome = (at: Date | undefined): boolean => at !== undefined && at.getTime() <= now.getTime();
  return {
    isSilenceOver: hasCome(silenceEnd(incident)),
    isReminderDue: hasCome(reminderAt(input)),
    escalateTo: escalations(input).flatMap(({ groupId, at }) => (hasCome(at) ? [groupId] : [])),
  };
}

/** The next instant at which something is due, in the past where it is already; `undefined` where nothing ever is. */
export function nextAttention(input: AttentionInput): Date | undefined {
  const instants = [silenceEnd(input.incident), reminderAt(input), ...escalations(input).map(({ at }) => at)].flatMap(
    (at) => at?.getTime() ?? [],
  );
  return instants.length === 0 ? undefined : new Date(Math.min(...instants));
}

function silenceEnd({ closed, silence }: Incident): Date | undefined {
  return closed === undefined && silence?.until.kind === 'until' ? silence.until.instant : undefined;
}

/** Whether nobody has taken it, and nobody wanted it quiet: else it is neither reminded of nor escalated. */
function isUnattended({ closed, acknowledged, silence, wellSince }: Incident): boolean {
  return closed === undefined && acknowledged === undefined && silence === undefined && wellSince === undefined;
}

/** By the shortest interval of its members' profiles, from when it rose or was last reminded of. */
function reminderAt({ incident, profiles }: AttentionInput): Date | undefined {
  const { severity, risenAt, remindedAt } = incident;
  if (!isUnattended(incident) || severity === 'info') return undefined;
  const intervals = profiles.flatMap(({ remind }) => remind[severity] ?? []);
  if (intervals.length === 0) return undefined;
  const from = Math.max(risenAt.getTime(), remindedAt?.getTime() ?? 0);
  return new Date(from + Math.min(...intervals));
}

/**
 * To each group once since it rose. A group's own escalation counts from when the incident rose; that of one it was
 * escalated to, from then.
 */
function escalations({ incident, groups }: AttentionInput): { readonly groupId: string; readonly at: Date }[] {
  if (!isUnattended(incident) || incident.severity !== 'critical') return [];
  const reached = new Map(incident.escalated.map(({ groupId, at }) => [groupId, at]));
  const due = new Map<string, number>();
  for (const { id, escalation } of groups) {
    if (escalation === undefined || reached.has(escalation.groupId)) continue;
    const at = (reached.get(id) ?? incident.risenAt).getTime() + escalation.afterMs;
    due.set(escalation.groupId, Math.min(at, due.get(escalation.groupId) ?? Infinity));
  }
  return [...due].map(([groupId, at]) => ({ groupId, at: new Date(at) }));
}
