import { describe, expect, it } from 'vitest';
import { assess } from '../../src/core/assess.ts';
import type { Certificate } from '../../src/core/certificate.ts';
import type { Finding } from '../../src/core/finding.ts';
import { comparedWith, leavesInTurn, NOTHING_SERVED, served } from '../../src/core/served.ts';
import type { Served } from '../../src/core/served.ts';
import {
  certificate,
  DAY_MS,
  endpoint,
  failedAddress,
  HOUR_MS,
  inDays,
  NOW,
  observation,
  profile,
  servingLeaf,
} from '../helpers/builders.ts';

const X = '192.0.2.1';
const Y = '192.0.2.2';
const leaf = (serialNumber: string, overrides: Partial<Certificate> = {}) =>
  certificate({ serialNumber, notBefore: inDays(-Number(serialNumber)), notAfter: inDays(300), ...overrides });
const old = leaf('30');
const renewed = leaf('2');
const foreign = leaf('1', { issuer: 'CN=Evil CA, O=Evil' });
const foreignAgain = leaf('0', { issuer: 'CN=Evil CA 2, O=Evil' });
const ALL = new Map([old, renewed, foreign, foreignAgain].map((one) => [one.fingerprint, one]));

/** Checks one after the other: what each address serves, and when; tells the findings of the last about what is served. */
function checks(...looks: { at: number; sees: Partial<Record<typeof X | typeof Y, Certificate | 'down'>> }[]) {
  let known: Served = NOTHING_SERVED;
  let told: readonly Finding[] = [];
  let isSettled = false;
  for (const { at, sees } of looks) {
    const now = new Date(NOW.getTime() + at);
    const seen = observation({
      addresses: Object.entries(sees).map(([address, what]) =>
        what === 'down' ? failedAddress({ address }) : servingLeaf(what, { address }),
      ),
    });
    const wanted = comparedWith(known, seen);
    const look = served(known, seen, new Map([...ALL].filter(([fingerprint]) => wanted.includes(fingerprint))), now);
    known = look.served;
    isSettled = look.isSettled;
    const inTurn = leavesInTurn(known, seen, now).flatMap(({ address, fingerprint }) => {
      const found = ALL.get(fingerprint);
      return found === undefined ? [] : [{ address, leaf: found }];
    });
    told = assess(seen, endpoint(), profile(), now, { look, inTurn }).findings;
  }
  const ours = told.filter(({ code }) => ['certificate-changed', 'addresses-differ'].includes(code));
  return { known, isSettled, told: ours.map(({ code, severity, addresses }) => [code, severity, ...addresses]), ours };
}

const one = (at: number, what: Certificate | 'down') => ({ at, sees: { [X]: what } });
const CHANGED = ['certificate-changed', 'warning', X];
const DIFFERS = ['addresses-differ', 'warning', X];

describe('a leaf', () => {
  it.each([
    { title: 'that is the first says nothing', looks: [one(0, old)], told: [] },
    { title: 'that stays says nothing', looks: [one(0, old), one(HOUR_MS, old)], told: [] },
    {
      title: 'that is a plain renewal is told once',
      looks: [one(0, old), one(HOUR_MS, renewed)],
      told: [['certificate-changed', 'info', X]],
    },
    { title: 'that was renewed before says no more', looks: [one(0, old), one(1, renewed), one(2, renewed)], told: [] },
    { title: 'of another CA is a change', looks: [one(0, old), one(1, foreign)], told: [CHANGED] },
    {
      title: 'of another CA is a change for as long as it is served',
      looks: [one(0, old), one(1, foreign), one(6 * DAY_MS, foreign)],
      told: [CHANGED],
    },
    {
      title: 'that nobody objected to for seven days is the usual one',
      looks: [one(0, old), one(0, foreign), one(7 * DAY_MS, foreign)],
      told: [],
    },
    {
      title: 'that replaced one nobody acknowledged, of the same CA, is the same story',
      looks: [one(0, old), one(0, foreign), one(6 * DAY_MS, foreignAgain)],
      told: [CHANGED],
    },
    {
      title: '… and no new week',
      looks: [one(0, old), one(0, foreign), one(6 * DAY_MS, foreignAgain), one(7 * DAY_MS, foreignAgain)],
      told: [],
    },
    {
      title: 'as it should be, put in place of a foreign one, is a renewal of the one before',
      looks: [one(0, old), one(0, foreign), one(HOUR_MS, renewed)],
      told: [['certificate-changed', 'info', X]],
    },
    {
      title: 'is still changed when its address fails for days',
      looks: [one(0, old), one(0, foreign), one(3 * DAY_MS, 'down'), one(3 * DAY_MS, foreign)],
      told: [CHANGED],
    },
    {
      title: 'that comes back makes an address that serves two in turn',
      looks: [one(0, old), one(1, renewed), one(2, old)],
      told: [DIFFERS],
    },
    {
      title: 'in turn is told whichever is seen',
      looks: [one(0, old), one(1, renewed), one(2, old), one(3, renewed)],
      told: [DIFFERS],
    },
    {
      title: 'in turn is told until the other was not seen for a day',
      looks: [one(0, old), one(1, renewed), one(2, old), one(3, renewed), one(DAY_MS + 1, renewed)],
      told: [DIFFERS],
    },
    {
      title: 'in turn is over once the other was not seen for a day',
      looks: [one(0, old), one(1, renewed), one(2, old), one(3, renewed), one(DAY_MS + 2, renewed)],
      told: [],
    },
    {
      title: 'of another CA that was rolled back is a change for as long as it may be back',
      looks: [one(0, old), one(1, foreign), one(2, old)],
      told: [CHANGED, DIFFERS],
    },
  ] as const)('$title', ({ looks, told }) => {
    expect(checks(...looks).told.sort()).toEqual([...told].sort());
  });

  it('known from one address is nothing new at another', () => {
    expect(
      checks({ at: 0, sees: { [X]: old, [Y]: renewed } }, { at: 1, sees: { [X]: renewed, [Y]: renewed } }).told,
    ).toEqual([]);
  });

  it('is compared with what its own address served before', () => {
    const both = { at: 0, sees: { [X]: old, [Y]: foreign } };
    const after = checks(both, { at: 1, sees: { [X]: old, [Y]: foreignAgain } });

    expect(after.told).toContainEqual(['certificate-changed', 'info', Y]);
  });

  it('that is settled says so once', () => {
    const week = [one(0, old), one(0, foreign), one(7 * DAY_MS, foreign)];

    expect(checks(...week).isSettled).toBe(true);
    expect(checks(...week, one(7 * DAY_MS + 1, foreign)).isSettled).toBe(false);
  });

  it('that changed is told with the difference, and with what to do', () => {
    const [changed] = checks(one(0, old), one(HOUR_MS, foreign)).ours;

    expect(changed?.message).toBe(
      "mail.example.com:25 serves another certificate since 2026-11-24 13:00 UTC: its issuer was 'Example Issuing CA (Example)' and is 'Evil CA (Evil)' now.",
    );
    expect(changed?.nextStep).toContain('acknowledge this');
    expect(changed?.fingerprint).toBe(foreign.fingerprint);
  });

  it('in turn is told as a load balancer left half renewed, with the older certificate at fault', () => {
    const [differs] = checks(one(0, old), one(1, renewed), one(2, old), one(3, renewed)).ours;

    expect(differs?.message).toContain(`${X} answers for mail.example.com:25 with two certificates in turn`);
    expect(differs?.fingerprint).toBe(old.fingerprint);
  });

  it('is forgotten after a month, and there are never more than 64', () => {
    const many = Array.from({ length: 70 }, (_, index) => ({
      at: index,
      sees: { [X]: leaf('3', { subject: `CN=${String(index)}` }) },
    }));

    expect(checks(...many).known.leaves).toHaveLength(64);
    expect(checks(one(0, old), one(31 * DAY_MS, renewed), one(62 * DAY_MS, renewed)).known.leaves).toMatchObject([
      { fingerprint: renewed.fingerprint },
    ]);
    expect(checks(one(0, old), one(62 * DAY_MS, 'down')).known.leaves).toHaveLength(1);
  });
});
