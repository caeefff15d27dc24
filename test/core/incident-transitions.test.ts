/**
 * The state machine of an incident, whole: each state and each event, and what comes of it. An event of the table stands
 * at the margin; under it what is said and what changes, in minutes from the event; under that the states it is so in.
 */
import { describe, expect, it } from 'vitest';
import type { AcceptanceRefusal } from '../../src/core/acceptance.ts';
import type { IncidentEvent, Refusal } from '../../src/core/incident.ts';
import { comesOf, EVENT_NAMES, outcomeText, STATE_NAMES } from '../helpers/transitions.ts';
import type { StateName } from '../helpers/transitions.ts';

const TABLE = `
Ann acknowledges
  acknowledged -> Ann has it +0
    open | critical | expired | silent until an instant | silent until the next threshold | silent until renewed |
    reopened | held | held to its end
  acknowledged, noted, closed: accepted -> Ann has it +0; closed as accepted +0; in it nobody; evidence a b
    changed
  refused: already-acknowledged by Ann
    acknowledged | acknowledged and silent | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

Bob acknowledges
  acknowledged -> Bob has it +0
    open | critical | expired | silent until an instant | silent until the next threshold | silent until renewed |
    reopened | held | held to its end
  acknowledged, noted, closed: accepted -> Bob has it +0; closed as accepted +0; in it nobody; evidence a b
    changed
  refused: already-acknowledged by Ann
    acknowledged | acknowledged and silent | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

Ann unacknowledges
  refused: not-acknowledged
    open | critical | expired | changed | silent until an instant | silent until the next threshold |
    silent until renewed | reopened | held | held to its end
  unacknowledged -> nobody has it
    acknowledged | acknowledged and silent | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

Bob unacknowledges
  refused: not-acknowledged
    open | critical | expired | changed | silent until an instant | silent until the next threshold |
    silent until renewed | reopened | held | held to its end
  unacknowledged -> nobody has it
    acknowledged | acknowledged and silent | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

snooze until an instant
  snoozed -> silent by Bob +0 until +1
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

snooze until now
  refused: in-the-past
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

snooze until the next threshold
  snoozed -> silent by Bob +0 until next-threshold
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

snooze until the next threshold, with none left
  refused: no-threshold-left
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

snooze until renewed
  snoozed -> silent by Bob +0 until renewed
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

unsnooze
  refused: not-silent
    open | critical | expired | changed | acknowledged | reopened | held | held to its end
  unsnoozed -> not silent
    silent until an instant | silent until the next threshold | silent until renewed | acknowledged and silent |
    held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

accept its code
  noted, closed: accepted -> closed as accepted +0; in it nobody; evidence a b
    open | critical | acknowledged | reopened
  noted, left b: accepted -> in it a
    expired
  refused: no-such-code
    changed | held | held to its end | held, taken and silent
  noted, closed: accepted -> not silent; closed as accepted +0; in it nobody; evidence a b
    silent until an instant | silent until the next threshold | silent until renewed | acknowledged and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

accept a code of no member
  refused: no-such-code
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

accept until now
  refused: in-the-past
    open | critical | expired | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened
  refused: no-such-code
    changed | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

accept for more than a year
  refused: too-long
    open | critical | expired | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened
  refused: no-such-code
    changed | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

accept without a reason
  refused: no-reason
    open | critical | expired | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened
  refused: no-such-code
    changed | held | held to its end | held, taken and silent
  refused: closed
    closed | closed an hour ago | closed when acknowledged

one of two monitors is paused
  left a: paused -> in it b
    open | changed | acknowledged | silent until an instant | silent until the next threshold | silent until renewed |
    acknowledged and silent | reopened
  left a: paused -> warning; in it b
    critical | expired
  has nothing to do with it
    held | held to its end | held, taken and silent | closed | closed an hour ago | closed when acknowledged

the same is found
  quiet -> as it was
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened
  quiet -> back 2; back +0; not held; in it a b; evidence nobody
    held | held to its end | held, taken and silent
  reopened -> back 1; back +0; not closed; in it a b; evidence nobody
    closed | closed when acknowledged
  has nothing to do with it
    closed an hour ago

the same is found 51 minutes later
  quiet -> as it was
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened
  quiet -> back 2; back +51; not held; in it a b; evidence nobody
    held | held to its end | held, taken and silent
  has nothing to do with it
    closed | closed an hour ago | closed when acknowledged

a threshold is crossed
  crossed 15 -> as it was
    open | critical | expired | changed | acknowledged | silent until an instant | silent until renewed |
    acknowledged and silent | reopened
  crossed 15 -> not silent
    silent until the next threshold
  crossed 15 -> back 2; back +0; not held; in it a b; evidence nobody
    held | held to its end | held, taken and silent
  reopened, crossed 15 -> back 1; back +0; not closed; in it a b; evidence nobody
    closed | closed when acknowledged
  has nothing to do with it
    closed an hour ago

it gets critical
  worse by expiring -> critical; risen +0; reminds anew; escalates anew; in it a b
    open | changed | reopened
  quiet -> as it was
    critical
  quiet -> in it a b
    expired
  worse by expiring, ending acknowledgement -> critical; risen +0; reminds anew; escalates anew; nobody has it; in it a b
    acknowledged
  worse by expiring, ending silence -> critical; risen +0; reminds anew; escalates anew; not silent; in it a b
    silent until an instant | silent until the next threshold | silent until renewed
  worse by expiring, ending both -> critical; risen +0; reminds anew; escalates anew; nobody has it; not silent; in it a b
    acknowledged and silent
  worse by expiring -> critical; risen +0; back 2; back +0; not held; reminds anew; escalates anew; in it a b; evidence nobody
    held | held to its end
  worse by expiring, ending both -> critical; risen +0; back 2; back +0; not held; reminds anew; escalates anew; nobody has it; not silent; in it a b; evidence nobody
    held, taken and silent
  reopened, worse by expiring -> critical; risen +0; back 1; back +0; reminds anew; escalates anew; not closed; in it a b; evidence nobody
    closed
  has nothing to do with it
    closed an hour ago
  reopened, worse by expiring, ending acknowledgement -> critical; risen +0; back 1; back +0; reminds anew; escalates anew; nobody has it; not closed; in it a b; evidence nobody
    closed when acknowledged

it gets critical by a threshold
  worse by expiring -> critical; risen +0; reminds anew; escalates anew; in it a b
    open | changed | reopened
  crossed 7 -> as it was
    critical
  crossed 7 -> in it a b
    expired
  worse by expiring, ending acknowledgement -> critical; risen +0; reminds anew; escalates anew; nobody has it; in it a b
    acknowledged
  worse by expiring, ending silence -> critical; risen +0; reminds anew; escalates anew; not silent; in it a b
    silent until an instant | silent until the next threshold | silent until renewed
  worse by expiring, ending both -> critical; risen +0; reminds anew; escalates anew; nobody has it; not silent; in it a b
    acknowledged and silent
  worse by expiring -> critical; risen +0; back 2; back +0; not held; reminds anew; escalates anew; in it a b; evidence nobody
    held | held to its end
  worse by expiring, ending both -> critical; risen +0; back 2; back +0; not held; reminds anew; escalates anew; nobody has it; not silent; in it a b; evidence nobody
    held, taken and silent
  reopened, worse by expiring -> critical; risen +0; back 1; back +0; reminds anew; escalates anew; not closed; in it a b; evidence nobody
    closed
  has nothing to do with it
    closed an hour ago
  reopened, worse by expiring, ending acknowledgement -> critical; risen +0; back 1; back +0; reminds anew; escalates anew; nobody has it; not closed; in it a b; evidence nobody
    closed when acknowledged

it expires
  worse by expired -> critical; risen +0; reminds anew; escalates anew; in it a b
    open | changed | reopened
  worse by expired -> risen +0; reminds anew; escalates anew; in it a b
    critical
  quiet -> as it was
    expired
  worse by expired, ending acknowledgement -> critical; risen +0; reminds anew; escalates anew; nobody has it; in it a b
    acknowledged
  worse by expired, ending silence -> critical; risen +0; reminds anew; escalates anew; not silent; in it a b
    silent until an instant | silent until the next threshold | silent until renewed
  worse by expired, ending both -> critical; risen +0; reminds anew; escalates anew; nobody has it; not silent; in it a b
    acknowledged and silent
  worse by expired -> critical; risen +0; back 2; back +0; not held; reminds anew; escalates anew; in it a b; evidence nobody
    held | held to its end
  worse by expired, ending both -> critical; risen +0; back 2; back +0; not held; reminds anew; escalates anew; nobody has it; not silent; in it a b; evidence nobody
    held, taken and silent
  reopened, worse by expired -> critical; risen +0; back 1; back +0; reminds anew; escalates anew; not closed; in it a b; evidence nobody
    closed
  has nothing to do with it
    closed an hour ago
  reopened, worse by expired, ending acknowledgement -> critical; risen +0; back 1; back +0; reminds anew; escalates anew; nobody has it; not closed; in it a b; evidence nobody
    closed when acknowledged

it gets better
  quiet -> as it was
    open | acknowledged | silent until an instant | silent until the next threshold | silent until renewed |
    acknowledged and silent | reopened
  quiet -> warning; in it a b
    critical | expired
  quiet -> in it a b
    changed
  quiet -> back 2; back +0; not held; in it a b; evidence nobody
    held | held to its end | held, taken and silent
  reopened -> back 1; back +0; not closed; in it a b; evidence nobody
    closed | closed when acknowledged
  has nothing to do with it
    closed an hour ago

a third monitor joins
  quiet -> in it a b c
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened
  quiet -> back 2; back +0; not held; in it a b c; evidence nobody
    held | held to its end | held, taken and silent
  reopened -> back 1; back +0; not closed; in it a b c; evidence nobody
    closed | closed when acknowledged
  has nothing to do with it
    closed an hour ago

one of two monitors is renewed
  left a: renewed -> in it b
    open | changed | acknowledged | silent until an instant | silent until the next threshold | silent until renewed |
    acknowledged and silent | reopened
  left a: renewed -> warning; in it b
    critical | expired
  quiet -> back 2; back +0; not held; in it b; evidence nobody
    held | held to its end | held, taken and silent
  reopened -> back 1; back +0; not closed; in it b; evidence nobody
    closed | closed when acknowledged
  has nothing to do with it
    closed an hour ago

no member is left: well
  closed: well -> closed as well +0; in it nobody; evidence a b
    open | critical | expired | changed | acknowledged
  closed: well -> not silent; closed as well +0; in it nobody; evidence a b
    silent until an instant | silent until the next threshold | silent until renewed | acknowledged and silent
  quiet -> held +0; in it nobody; evidence a b
    reopened
  quiet -> as it was
    held | held, taken and silent | closed | closed an hour ago | closed when acknowledged
  closed: well -> not held; closed as well +0
    held to its end

no member is left: renewed
  closed: renewed -> closed as renewed +0; in it nobody; evidence a b
    open | critical | expired | changed | acknowledged
  closed: renewed -> not silent; closed as renewed +0; in it nobody; evidence a b
    silent until an instant | silent until the next threshold | silent until renewed | acknowledged and silent
  quiet -> held +0; in it nobody; evidence a b
    reopened
  quiet -> as it was
    held | held, taken and silent | closed | closed an hour ago | closed when acknowledged
  closed: renewed -> not held; closed as renewed +0
    held to its end

no member is left: removed
  closed: removed -> closed as removed +0; in it nobody; evidence a b
    open | critical | expired | changed | acknowledged
  closed: removed -> not silent; closed as removed +0; in it nobody; evidence a b
    silent until an instant | silent until the next threshold | silent until renewed | acknowledged and silent
  quiet -> held +0; in it nobody; evidence a b
    reopened
  quiet -> as it was
    held | held, taken and silent | closed | closed an hour ago | closed when acknowledged
  closed: removed -> not held; closed as removed +0
    held to its end

no member is left: rule-off
  closed: rule-off -> closed as rule-off +0; in it nobody; evidence a b
    open | critical | expired | changed | acknowledged | reopened
  closed: rule-off -> not silent; closed as rule-off +0; in it nobody; evidence a b
    silent until an instant | silent until the next threshold | silent until renewed | acknowledged and silent
  closed: rule-off -> not held; closed as rule-off +0
    held | held to its end
  closed: rule-off -> not held; not silent; closed as rule-off +0
    held, taken and silent
  quiet -> as it was
    closed | closed an hour ago | closed when acknowledged

no member is left: accepted
  closed: accepted -> closed as accepted +0; in it nobody; evidence a b
    open | critical | expired | changed | acknowledged | reopened
  closed: accepted -> not silent; closed as accepted +0; in it nobody; evidence a b
    silent until an instant | silent until the next threshold | silent until renewed | acknowledged and silent
  closed: accepted -> not held; closed as accepted +0
    held | held to its end
  closed: accepted -> not held; not silent; closed as accepted +0
    held, taken and silent
  quiet -> as it was
    closed | closed an hour ago | closed when acknowledged

no member is left: paused
  closed: paused -> closed as paused +0; in it nobody; evidence a b
    open | critical | expired | changed | acknowledged | reopened
  closed: paused -> not silent; closed as paused +0; in it nobody; evidence a b
    silent until an instant | silent until the next threshold | silent until renewed | acknowledged and silent
  closed: paused -> not held; closed as paused +0
    held | held to its end
  closed: paused -> not held; not silent; closed as paused +0
    held, taken and silent
  quiet -> as it was
    closed | closed an hour ago | closed when acknowledged

time passes, a millisecond short of the instant
  has nothing to do with it
    open | critical | expired | changed | acknowledged | silent until an instant | silent until the next threshold |
    silent until renewed | acknowledged and silent | reopened | held | held to its end | held, taken and silent |
    closed | closed an hour ago | closed when acknowledged

the instant of the silence comes
  has nothing to do with it
    open | critical | expired | changed | acknowledged | silent until the next threshold | silent until renewed |
    reopened | held | held to its end | closed | closed an hour ago | closed when acknowledged
  silence-ended -> not silent
    silent until an instant | acknowledged and silent | held, taken and silent
`;

interface Cell {
  readonly event: string;
  readonly state: StateName;
  readonly outcome: string;
}

const CELLS = cellsOf(TABLE);

function cellsOf(table: string): Cell[] {
  const cells: Cell[] = [];
  let event = '';
  let outcome = '';
  for (const line of table.split('\n')) {
    if (line.startsWith('    ')) {
      const states = line.split('|').map((state) => state.trim());
      cells.push(...states.filter(Boolean).map((state) => ({ event, state: state as StateName, outcome })));
    } else if (line.startsWith('  ')) outcome = line.trim();
    else event = line;
  }
  return cells;
}

it.each(CELLS)('$state: $event', ({ state, event, outcome }) => {
  expect(outcomeText(state, event)).toBe(outcome);
});

describe('the table', () => {
  it('has each event in each state, once', () => {
    const wanted = EVENT_NAMES.flatMap((event) => STATE_NAMES.map((state) => `${state}: ${event}`));

    expect(CELLS.map(({ event, state }) => `${state}: ${event}`).sort()).toEqual(wanted.sort());
  });

  /** What an incident says, and where: here, or what else says it. One that is new does not compile without a line. */
  const SAID: Readonly<Record<IncidentEvent['type'], 'here' | 'open' | 'attend'>> = {
    opened: 'open',
    reopened: 'here',
    worse: 'here',
    crossed: 'here',
    acknowledged: 'here',
    unacknowledged: 'here',
    snoozed: 'here',
    unsnoozed: 'here',
    'silence-ended': 'here',
    escalated: 'attend',
    reminded: 'attend',
    noted: 'here',
    left: 'here',
    closed: 'here',
  };
  const REFUSALS: Readonly<Record<Refusal['refused'] | AcceptanceRefusal['refused'], true>> = {
    closed: true,
    'already-acknowledged': true,
    'not-acknowledged': true,
    'not-silent': true,
    'in-the-past': true,
    'no-threshold-left': true,
    'no-such-code': true,
    'too-long': true,
    'no-reason': true,
  };
  const outcomes = CELLS.map(({ state, event }) => comesOf(state, event));

  it('has whatever an incident says of itself', () => {
    const said = outcomes.flatMap((came) =>
      came !== undefined && 'events' in came ? came.events.map(({ type }) => type) : [],
    );

    expect([...new Set(said)].sort()).toEqual(
      Object.entries(SAID)
        .flatMap(([type, where]) => (where === 'here' ? [type] : []))
        .sort(),
    );
  });

  it('has every refusal', () => {
    const refused = outcomes.flatMap((came) => (came !== undefined && 'refused' in came ? [came.refused] : []));

    expect([...new Set(refused)].sort()).toEqual(Object.keys(REFUSALS).sort());
  });
});
