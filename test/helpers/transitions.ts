/**
 * Every state of an incident, everything that can happen to one, and what comes of it in a line: what is said, and which
 * fields are no longer as they were. What is not named has not changed.
 */
import { accept, refusalOf } from '../../src/core/acceptance.ts';
import type { Acceptance, AcceptanceRefusal } from '../../src/core/acceptance.ts';
import { act, canReopen, membersShown, silenceEnded, withMembers } from '../../src/core/incident.ts';
import type {
  CloseReason,
  Incident,
  IncidentEvent,
  Member,
  PersonAction,
  Refusal,
  Silence,
  Transition,
} from '../../src/core/incident.ts';
import type { Person } from '../../src/core/workspace.ts';
import { incident, inDays, member, NOW } from './builders.ts';

const MINUTE_MS = 60_000;
const inMinutes = (minutes: number): Date => new Date(NOW.getTime() + minutes * MINUTE_MS);

const ANN: Person = { platform: 'slack', externalId: 'U1', name: 'Ann' };
const BOB: Person = { platform: 'slack', externalId: 'U2', name: 'Bob' };

const A = member({ monitorId: 'a' });
const B = member({ monitorId: 'b' });
const C = member({ monitorId: 'c' });
const BOTH = [A, B];

const acknowledged = { by: ANN, at: inMinutes(-30) };
const silentUntil = (until: Silence) => ({ until, by: ANN, at: inMinutes(-30) });
const UNTIL_AN_HOUR = silentUntil({ kind: 'until', instant: inMinutes(60) });
const changed = (one: Member): Member => ({ ...one, code: 'certificate-changed' });
const ALREADY_TOLD = { remindedAt: inMinutes(-20), escalated: [{ groupId: 'CG1', at: inMinutes(-20) }] };
const WAS_BACK = { reopened: 1, reopenedAt: inMinutes(-40) };
/** It closes when it has been well for a quarter of an hour. */
const held = (minutes: number) => ({ ...WAS_BACK, members: [], lastMembers: BOTH, wellSince: inMinutes(-minutes) });
const closed = (minutes: number) => ({
  members: [],
  lastMembers: BOTH,
  closed: { at: inMinutes(-minutes), reason: 'well' as const },
});

/** Two monitors are in it, or were last; each was reminded of and escalated, so that what begins anew shows. */
const STATE_FIELDS = {
  open: {},
  critical: { severity: 'critical', members: [{ ...A, severity: 'critical' }, B] },
  expired: { severity: 'critical', members: [{ ...A, severity: 'critical', code: 'expired' }, B] },
  changed: { members: [changed(A), changed(B)] },
  acknowledged: { acknowledged },
  'silent until an instant': { silence: UNTIL_AN_HOUR },
  'silent until the next threshold': { silence: silentUntil({ kind: 'next-threshold' }) },
  'silent until renewed': { silence: silentUntil({ kind: 'renewed' }) },
  'acknowledged and silent': { acknowledged, silence: UNTIL_AN_HOUR },
  reopened: WAS_BACK,
  held: held(10),
  'held to its end': held(15),
  'held, taken and silent': { ...held(10), acknowledged, silence: UNTIL_AN_HOUR },
  closed: closed(10),
  'closed an hour ago': closed(60.001),
  'closed when acknowledged': { ...closed(10), acknowledged },
} as const satisfies Record<string, Partial<Incident>>;

export type StateName = keyof typeof STATE_FIELDS;

export const STATE_NAMES = Object.keys(STATE_FIELDS) as readonly StateName[];

function stateOf(name: StateName): Incident {
  return incident({ ...ALREADY_TOLD, members: BOTH, ...STATE_FIELDS[name] });
}

type Came = Transition | Refusal | AcceptanceRefusal | undefined;
type Happening = (incident: Incident) => Came;

const person =
  (action: PersonAction, by: Person): Happening =>
  (one) =>
    act(one, action, by, NOW);

const snooze = (until: Silence, thresholdLeft = true): Happening =>
  person({ type: 'snooze', until, thresholdLeft }, BOB);

const wish = { code: 'expiring', until: inDays(30), reason: 'replaced in January' } as const;

const accepting =
  (changed: Partial<Pick<Acceptance, 'code' | 'until' | 'reason'>>): Happening =>
  (one) => {
    const wanted = { ...wish, ...changed };
    return refusalOf(one, wanted, NOW) ?? accept(one, { ...wanted, key: one.key, by: BOB, at: NOW }, NOW);
  };

/** As a check does it: what ended too long ago is not taken up again. */
const seen =
  (
    found: (shown: readonly Member[]) => readonly Member[],
    { crossedDays, reason = 'well' }: { crossedDays?: number; reason?: CloseReason } = {},
    at: Date = NOW,
  ): Happening =>
  (one) => {
    const members = found(membersShown(one));
    if (one.closed !== undefined && members.length > 0 && !canReopen(one, at)) return undefined;
    return withMembers(one, members, { reason, mayComeBack: MAY_COME_BACK[reason], crossedDays }, at);
  };

/** What a check finds mended may break again by itself; what a person decides holds nothing. */
const MAY_COME_BACK: Readonly<Record<CloseReason, boolean>> = {
  well: true,
  renewed: true,
  removed: true,
  'rule-off': false,
  accepted: false,
  paused: false,
};

/** As pausing does it: one that is held goes on waiting while another monitor may come back to it. */
const paused =
  (id: string): Happening =>
  (one) => {
    const others = membersShown(one).filter(({ monitorId }) => monitorId !== id);
    const isHeld = one.wellSince !== undefined;
    if (one.closed !== undefined || (isHeld && others.length > 0)) return undefined;
    return withMembers(one, isHeld ? [] : others, { reason: 'paused', mayComeBack: false }, NOW);
  };

const withFirst = (overrides: Partial<Member>) => (): readonly Member[] => [{ ...A, ...overrides }, B];

const ENDINGS = Object.fromEntries(
  (Object.keys(MAY_COME_BACK) as CloseReason[]).map((reason) => [
    `no member is left: ${reason}`,
    seen(() => [], { reason }),
  ]),
);

/** One for each thing that a person can want, by its type: a new one without a row does not compile. */
const PERSON_EVENTS: Readonly<Record<PersonAction['type'], Readonly<Record<string, Happening>>>> = {
  acknowledge: {
    'Ann acknowledges': person({ type: 'acknowledge' }, ANN),
    'Bob acknowledges': person({ type: 'acknowledge' }, BOB),
  },
  unacknowledge: {
    'Ann unacknowledges': person({ type: 'unacknowledge' }, ANN),
    'Bob unacknowledges': person({ type: 'unacknowledge' }, BOB),
  },
  snooze: {
    'snooze until an instant': snooze({ kind: 'until', instant: inMinutes(1) }),
    'snooze until now': snooze({ kind: 'until', instant: NOW }),
    'snooze until the next threshold': snooze({ kind: 'next-threshold' }),
    'snooze until the next threshold, with none left': snooze({ kind: 'next-threshold' }, false),
    'snooze until renewed': snooze({ kind: 'renewed' }),
  },
  unsnooze: { unsnooze: person({ type: 'unsnooze' }, BOB) },
};

const EVENTS: Readonly<Record<string, Happening>> = {
  ...PERSON_EVENTS.acknowledge,
  ...PERSON_EVENTS.unacknowledge,
  ...PERSON_EVENTS.snooze,
  ...PERSON_EVENTS.unsnooze,
  'accept its code': accepting({}),
  'accept a code of no member': accepting({ code: 'weak-key' }),
  'accept until now': accepting({ until: NOW }),
  'accept for more than a year': accepting({ until: inDays(367) }),
  'accept without a reason': accepting({ reason: ' ' }),
  'one of two monitors is paused': paused('a'),
  'the same is found': seen((shown) => shown),
  'the same is found 51 minutes later': seen((shown) => shown, {}, inMinutes(51)),
  'a threshold is crossed': seen((shown) => shown, { crossedDays: 15 }),
  'it gets critical': seen(withFirst({ severity: 'critical' })),
  'it gets critical by a threshold': seen(withFirst({ severity: 'critical' }), { crossedDays: 7 }),
  'it expires': seen(withFirst({ severity: 'critical', code: 'expired' })),
  'it gets better': seen(() => BOTH),
  'a third monitor joins': seen((shown) => [...shown, C]),
  'one of two monitors is renewed': seen((shown) => shown.filter(({ monitorId }) => monitorId !== 'a'), {
    reason: 'renewed',
  }),
  ...ENDINGS,
  'time passes, a millisecond short of the instant': (one) => silenceEnded(one, new Date(inMinutes(60).getTime() - 1)),
  'the instant of the silence comes': (one) => silenceEnded(one, inMinutes(60)),
};

export const EVENT_NAMES: readonly string[] = Object.keys(EVENTS);

/** What comes of an event in a state; `undefined` where it has nothing to do with it. */
export function comesOf(state: StateName, event: string): Came {
  const happening = EVENTS[event];
  if (happening === undefined) throw new Error(`there is no event '${event}'`);
  return happening(stateOf(state));
}

/** `acknowledged -> acknowledged by Bob`: what is said, then what is no longer as it was. */
export function outcomeText(state: StateName, event: string): string {
  const came = comesOf(state, event);
  if (came === undefined) return 'has nothing to do with it';
  if ('refused' in came) return `refused: ${came.refused}${'by' in came ? ` by ${came.by.name}` : ''}`;
  const before = stateOf(state);
  const changed = (Object.keys(before) as (keyof Incident)[])
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(came.incident[field]))
    .map((field) => CHANGE_TEXT[field]?.(came.incident) ?? `${field} changed`);
  const said = came.events.map(eventText).join(', ');
  return `${said === '' ? 'quiet' : said} -> ${changed.length === 0 ? 'as it was' : changed.join('; ')}`;
}

const CHANGE_TEXT: Readonly<Partial<Record<keyof Incident, (after: Incident) => string>>> = {
  severity: ({ severity }) => severity,
  risenAt: ({ risenAt }) => `risen ${when(risenAt)}`,
  reopened: ({ reopened }) => `back ${String(reopened)}`,
  reopenedAt: ({ reopenedAt }) => `back ${when(reopenedAt)}`,
  wellSince: ({ wellSince }) => (wellSince === undefined ? 'not held' : `held ${when(wellSince)}`),
  remindedAt: ({ remindedAt }) => (remindedAt === undefined ? 'reminds anew' : `reminded ${when(remindedAt)}`),
  escalated: ({ escalated }) => (escalated.length === 0 ? 'escalates anew' : 'escalated'),
  acknowledged: ({ acknowledged: it }) => (it === undefined ? 'nobody has it' : `${it.by.name} has it ${when(it.at)}`),
  silence: ({ silence }) =>
    silence === undefined
      ? 'not silent'
      : `silent by ${silence.by.name} ${when(silence.at)} until ${silence.until.kind === 'until' ? when(silence.until.instant) : silence.until.kind}`,
  closed: ({ closed: it }) => (it === undefined ? 'not closed' : `closed as ${it.reason} ${when(it.at)}`),
  members: ({ members }) => `in it ${membersText(members)}`,
  lastMembers: ({ lastMembers }) => `evidence ${membersText(lastMembers)}`,
};

/** `+51`: in minutes from when the events happen. */
function when(instant: Date | undefined): string {
  if (instant === undefined) return 'never';
  const minutes = (instant.getTime() - NOW.getTime()) / MINUTE_MS;
  return `${minutes < 0 ? '' : '+'}${String(minutes)}`;
}

function membersText(members: readonly Member[]): string {
  return members.length === 0 ? 'nobody' : members.map(({ monitorId }) => monitorId).join(' ');
}

function eventText(event: IncidentEvent): string {
  switch (event.type) {
    case 'worse':
      return `worse by ${event.because}${event.ended === undefined ? '' : `, ending ${event.ended}`}`;
    case 'crossed':
      return `crossed ${String(event.thresholdDays)}`;
    case 'left':
      return `left ${event.monitorIds.join(' ')}: ${event.reason}`;
    case 'closed':
      return `closed: ${event.reason}`;
    default:
      return event.type;
  }
}
