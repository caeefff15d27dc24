/**
 * A click and a check of the same incident, each first once. Whoever comes second has read what it reads without a lock
 * before the first was done; what it does and says must fit what the first left. On PostgreSQL, where both are under way.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Incident } from '../../src/core/incident.ts';
import { checkNow } from '../../src/monitoring/check.ts';
import type { Commit } from '../../src/monitoring/deps.ts';
import { acceptFault, actOnIncident } from '../../src/monitoring/incidents.ts';
import {
  certificate,
  DAY_MS,
  HOUR_MS,
  inDays,
  intermediate,
  servingLeaf,
  untrustedAddress,
} from '../helpers/builders.ts';
import { emptyTables, withStore } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { inOrder } from '../helpers/in-order.ts';
import { ANN, NEVER, setStage } from '../helpers/stage.ts';
import type { Stage } from '../helpers/stage.ts';

const MINUTE_MS = 60_000;
const ending = certificate({ notBefore: inDays(-345), notAfter: inDays(20) });
const renewed = certificate({ notBefore: inDays(0), notAfter: inDays(365) });
const healthy = certificate({ notBefore: inDays(-30), notAfter: inDays(335) });
const foreign = certificate({ notBefore: inDays(0), notAfter: inDays(335), issuer: 'CN=Evil CA, O=Evil' });
const OLD_TLS = { tlsVersion: 'TLSv1.1' };

/** Of a certificate, where a click locks no monitor, and of an endpoint, where it does. */
const SUBJECTS = {
  certificate: {
    code: 'expiring',
    opens: servingLeaf(ending),
    resolves: { after: MINUTE_MS, sees: servingLeaf(renewed) },
    worsens: { after: 14 * DAY_MS, sees: servingLeaf(ending) },
  },
  endpoint: {
    code: 'weak-protocol',
    opens: servingLeaf(healthy, OLD_TLS),
    resolves: { after: MINUTE_MS, sees: servingLeaf(healthy) },
    worsens: {
      after: MINUTE_MS,
      sees: untrustedAddress('UNABLE_TO_VERIFY_LEAF_SIGNATURE', [healthy], {
        ...OLD_TLS,
        missing: [{ certificate: intermediate(), pem: 'PEM of the intermediate' }],
      }),
    },
  },
} as const;

type Subject = keyof typeof SUBJECTS;
type Effect = 'resolves' | 'worsens';
type Click = 'acknowledge' | 'snooze' | 'accept';

interface Outcome {
  /** What the person is answered. */
  readonly clicked: 'done' | 'closed' | 'no-such-code';
  readonly incident: { readonly is: string; readonly members: readonly string[] };
  /** In the thread, beyond its beginning. */
  readonly told: readonly string[];
}

describe('a click and a check', () => {
  let test: TestDatabase;
  let stage: Stage;
  beforeAll(async () => {
    test = await withStore('postgresql');
  });
  beforeEach(async () => {
    await emptyTables(test.database);
    stage = await setStage(test.store);
  });
  afterAll(() => test.close());

  const openIncident = async (subject: Subject) => {
    stage.sees({ addresses: [SUBJECTS[subject].opens] });
    const monitor = await stage.add();
    await stage.dispatcher.drain();
    const [incident] = await stage.store.incidents.listOpen(stage.workspaceId, 9);
    if (incident === undefined) throw new Error('no incident is open');
    return { monitorId: monitor.id, incidentId: incident.id };
  };

  const clickOn = async (id: string, click: Click, code: 'expiring' | 'weak-protocol', commit: Commit) => {
    const { deps, workspaceId } = stage;
    const later = (ms: number) => new Date(deps.clock.now().getTime() + ms);
    if (click === 'accept') {
      return acceptFault(deps, workspaceId, id, { code, until: later(DAY_MS), reason: 'known' }, ANN, commit);
    }
    const until = { kind: 'until', instant: later(HOUR_MS) } as const;
    const wish = click === 'snooze' ? ({ type: click, until } as const) : { type: click };
    return actOnIncident(deps, workspaceId, id, wish, ANN, commit);
  };

  const race = async (subject: Subject, effect: Effect, click: Click, first: 'click' | 'check'): Promise<Outcome> => {
    const { code, [effect]: change } = SUBJECTS[subject];
    const { monitorId, incidentId } = await openIncident(subject);
    stage.passes(change.after);
    stage.sees({ addresses: [change.sees] });
    const clicking = (commit: Commit) => clickOn(incidentId, click, code, commit);
    const checking = (commit: Commit) => checkNow(stage.deps, stage.workspaceId, monitorId, commit, NEVER);
    const clicked =
      first === 'click' ? (await inOrder(test, clicking, checking))[0] : (await inOrder(test, checking, clicking))[1];

    stage.heard.length = 0;
    stage.passes(MINUTE_MS);
    await stage.dispatcher.drain();
    const incident = await stage.store.incidents.find(stage.workspaceId, incidentId);
    const open = await stage.store.incidents.listOpen(stage.workspaceId, 9);
    if (clicked === undefined || incident === undefined) throw new Error('the incident is gone');
    expect(open.filter(({ id }) => id !== incidentId)).toEqual([]);
    return {
      clicked: 'refused' in clicked ? (clicked.refused as Outcome['clicked']) : 'done',
      incident: { is: textOf(incident), members: incident.members.map((member) => member.code).sort() },
      told: stage.heard.flatMap(({ content }) => (content.kind === 'thread' ? [wordsOf(content.lines)] : [])),
    };
  };

  const RESOLVED = { certificate: 'closed as renewed', endpoint: 'closed as well' };
  const BOTH_CODES = ['incomplete-chain', 'weak-protocol'];

  it.each<{ subject: Subject; effect: Effect; click: Click; first: 'click' | 'check'; then: Outcome }>([
    ...(['certificate', 'endpoint'] as const).flatMap((subject) => {
      const is = RESOLVED[subject];
      const late: Outcome = { clicked: 'closed', incident: { is, members: [] }, told: [is] };
      const resolves = { subject, effect: 'resolves' } as const;
      return [
        {
          ...resolves,
          click: 'acknowledge' as const,
          first: 'click' as const,
          then: {
            clicked: 'done' as const,
            incident: { is: `${is}, Ann has it`, members: [] },
            told: ['acknowledged', is],
          },
        },
        {
          ...resolves,
          click: 'snooze' as const,
          first: 'click' as const,
          then: { clicked: 'done' as const, incident: { is, members: [] }, told: ['silenced', is] },
        },
        {
          ...resolves,
          click: 'accept' as const,
          first: 'click' as const,
          then: {
            clicked: 'done' as const,
            incident: { is: 'closed as accepted', members: [] },
            told: ['accepted', 'closed as accepted'],
          },
        },
        ...(['acknowledge', 'snooze', 'accept'] as const).map((click) => ({
          ...resolves,
          click,
          first: 'check' as const,
          then: late,
        })),
      ];
    }),
    {
      subject: 'certificate',
      effect: 'worsens',
      click: 'acknowledge',
      first: 'click',
      then: {
        clicked: 'done',
        incident: { is: 'critical', members: ['expiring'] },
        told: ['acknowledged', 'worse, and the acknowledgement has ended'],
      },
    },
    {
      subject: 'certificate',
      effect: 'worsens',
      click: 'acknowledge',
      first: 'check',
      then: {
        clicked: 'done',
        incident: { is: 'critical, Ann has it', members: ['expiring'] },
        told: ['worse', 'acknowledged'],
      },
    },
    {
      subject: 'certificate',
      effect: 'worsens',
      click: 'snooze',
      first: 'click',
      then: {
        clicked: 'done',
        incident: { is: 'critical', members: ['expiring'] },
        told: ['silenced', 'worse, and the silence has ended'],
      },
    },
    {
      subject: 'certificate',
      effect: 'worsens',
      click: 'snooze',
      first: 'check',
      then: {
        clicked: 'done',
        incident: { is: 'critical, silent', members: ['expiring'] },
        told: ['worse', 'silenced'],
      },
    },
    {
      subject: 'certificate',
      effect: 'worsens',
      click: 'accept',
      first: 'check',
      then: {
        clicked: 'done',
        incident: { is: 'closed as accepted', members: [] },
        told: ['worse', 'accepted', 'closed as accepted'],
      },
    },
    {
      subject: 'endpoint',
      effect: 'worsens',
      click: 'acknowledge',
      first: 'click',
      then: {
        clicked: 'done',
        incident: { is: 'critical', members: BOTH_CODES },
        told: ['acknowledged', 'worse, and the acknowledgement has ended'],
      },
    },
    {
      subject: 'endpoint',
      effect: 'worsens',
      click: 'acknowledge',
      first: 'check',
      then: {
        clicked: 'done',
        incident: { is: 'critical, Ann has it', members: BOTH_CODES },
        told: ['worse', 'acknowledged'],
      },
    },
    {
      subject: 'endpoint',
      effect: 'worsens',
      click: 'snooze',
      first: 'click',
      then: {
        clicked: 'done',
        incident: { is: 'critical', members: BOTH_CODES },
        told: ['silenced', 'worse, and the silence has ended'],
      },
    },
    {
      subject: 'endpoint',
      effect: 'worsens',
      click: 'snooze',
      first: 'check',
      then: { clicked: 'done', incident: { is: 'critical, silent', members: BOTH_CODES }, told: ['worse', 'silenced'] },
    },
    {
      subject: 'endpoint',
      effect: 'worsens',
      click: 'accept',
      first: 'click',
      then: {
        clicked: 'done',
        incident: { is: 'critical', members: ['incomplete-chain'] },
        told: ['accepted', 'closed as accepted', 'back', 'worse'],
      },
    },
    {
      subject: 'endpoint',
      effect: 'worsens',
      click: 'accept',
      first: 'check',
      then: {
        clicked: 'done',
        incident: { is: 'critical', members: ['incomplete-chain'] },
        told: ['worse', 'accepted'],
      },
    },
    {
      subject: 'certificate',
      effect: 'worsens',
      click: 'accept',
      first: 'click',
      then: {
        clicked: 'done',
        incident: { is: 'closed as accepted', members: [] },
        told: ['accepted', 'closed as accepted'],
      },
    },
  ])('that $effect one of the $subject, $first first: $click', async ({ subject, effect, click, first, then }) => {
    expect(await race(subject, effect, click, first)).toEqual(then);
  });

  it.each(['click', 'check'] as const)('a changed certificate is the usual one, %s first', async (first) => {
    stage.sees({ addresses: [servingLeaf(healthy)] });
    const { id } = await stage.add();
    const checking = (commit: Commit) => checkNow(stage.deps, stage.workspaceId, id, commit, NEVER);
    stage.passes(MINUTE_MS);
    stage.sees({ addresses: [servingLeaf(foreign)] });
    await checking(stage.commit);
    const [changed] = await stage.store.incidents.listOpen(stage.workspaceId, 9);
    const clicking = (commit: Commit) => clickOn(changed?.id ?? '', 'acknowledge', 'expiring', commit);
    stage.passes(MINUTE_MS);

    await (first === 'click' ? inOrder(test, clicking, checking) : inOrder(test, checking, clicking));
    stage.passes(MINUTE_MS);
    await checking(stage.commit);

    expect(changed?.members.map(({ code }) => code)).toEqual(['certificate-changed']);
    expect(await stage.store.incidents.listOpen(stage.workspaceId, 9)).toEqual([]);
    expect((await stage.store.monitors.find(stage.workspaceId, id))?.served?.change).toBeUndefined();
  });
});

function textOf({ severity, acknowledged, silence, closed }: Incident): string {
  const is = closed === undefined ? severity : `closed as ${closed.reason}`;
  return `${is}${acknowledged === undefined ? '' : `, ${acknowledged.by.name} has it`}${silence === undefined ? '' : ', silent'}`;
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Ann acknowledged this/, 'acknowledged'],
  [/^Ann silenced this until/, 'silenced'],
  [/: Accepted until .* by Ann: known\.$/, 'accepted'],
  [/^Resolved at .*: the certificate was renewed\.$/, 'closed as renewed'],
  [/^Resolved at .*: the last check found nothing wrong any more\.$/, 'closed as well'],
  [/^Resolved at .*: it was accepted as known and wanted\.$/, 'closed as accepted'],
  [/^It is back within an hour/, 'back'],
  [/^Worse: from warning to critical\.$/, 'worse'],
];

function wordsOf([first = '', ...others]: readonly string[]): string {
  const said = WORDS.find(([pattern]) => pattern.test(first))?.[1] ?? first;
  const ended = others.map((line) => /^The (acknowledgement|silence) has ended\.$/.exec(line)?.[1]).find(Boolean);
  return ended === undefined ? said : `${said}, and the ${ended} has ended`;
}
