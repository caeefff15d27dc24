import { describe, expect, it } from 'vitest';
import { CLOSE_TEXT } from '../../src/core/alert-text.ts';
import type { Finding } from '../../src/core/finding.ts';
import { auditEvents, checkEvents, incidentEvents } from '../../src/core/history.ts';
import type { CheckSpan } from '../../src/core/ports.ts';
import { certificate, failedAddress, finding, inDays, NOW, observation, servingLeaf } from '../helpers/builders.ts';

/** What one check after the other found: the names of the leaves it read, none where nothing could be read. */
interface Found {
  readonly leaves?: readonly string[];
  readonly findings?: readonly Finding[];
}

/** One span a day, as they are read: the newest first. */
function spans(...found: readonly Found[]): CheckSpan[] {
  return found
    .map(({ leaves = ['a'], findings = [] }, day): CheckSpan => {
      const addresses = leaves.map((name, index) =>
        servingLeaf(certificate({ subject: `CN=${name}`, fingerprint: name }), { address: `192.0.2.${String(index)}` }),
      );
      return {
        firstAt: inDays(day),
        lastAt: inDays(day),
        checks: 1,
        observation: observation({ addresses: addresses.length === 0 ? [failedAddress()] : addresses }),
        findings,
        digest: String(day),
      };
    })
    .reverse();
}

/** Days after the first, and what is told, oldest first. */
function told(isWhole: boolean, ...found: readonly Found[]): string[] {
  return checkEvents(spans(...found), isWhole)
    .map(({ at, text }) => `${String((at.getTime() - NOW.getTime()) / 86_400_000)}: ${text}`)
    .reverse();
}

const seen = (...names: string[]): string =>
  names.map((name) => `'${name}' (valid until 2027-01-23 12:00 UTC)`).join(', ');
const expiring = finding({ fingerprint: 'a', message: 'Ends in 20 days.' });
const timeout = finding({ code: 'timeout', severity: 'critical', message: 'No answer.' });

describe('what checks tell', () => {
  it.each<{ title: string; isWhole?: boolean; found: readonly Found[]; then: readonly string[] }>([
    {
      title: 'the first leaf, where the first check is there',
      found: [{}],
      then: [`0: Certificate seen: ${seen('a')}`],
    },
    { title: 'nothing of the oldest that is left: it may have been so before', isWhole: false, found: [{}], then: [] },
    {
      title: 'no finding of the oldest that is left',
      isWhole: false,
      found: [{ findings: [expiring] }, { findings: [expiring, timeout] }],
      then: ['1: Failing: timeout (critical). No answer.'],
    },
    {
      title: 'a leaf in place of another',
      isWhole: false,
      found: [{}, { leaves: ['b'] }],
      then: [`1: Certificate seen: ${seen('b')}, in place of ${seen('a')}`],
    },
    {
      title: 'a leaf beside another',
      isWhole: false,
      found: [{}, { leaves: ['a', 'b'] }],
      then: [`1: Certificate seen: ${seen('b')}`],
    },
    { title: 'no leaf that is gone without another', isWhole: false, found: [{ leaves: ['a', 'b'] }, {}], then: [] },
    {
      title: 'three of many leaves, and how many more',
      isWhole: false,
      found: [{}, { leaves: ['b', 'c', 'd', 'e', 'f'] }],
      then: [`1: Certificates seen: ${seen('b', 'c', 'd')} and 2 more, in place of ${seen('a')}`],
    },
    { title: 'no leaf again after a check that read none', isWhole: false, found: [{}, { leaves: [] }, {}], then: [] },
    {
      title: 'a leaf in place of the last one read, whatever failed between',
      isWhole: false,
      found: [{}, { leaves: [] }, { leaves: ['b'] }],
      then: [`2: Certificate seen: ${seen('b')}, in place of ${seen('a')}`],
    },
    {
      title: 'no leaf of the first that was read, where what was before is not known',
      isWhole: false,
      found: [{ leaves: [] }, {}],
      then: [],
    },
    {
      title: 'a fault that came, and that went',
      isWhole: false,
      found: [{}, { findings: [expiring] }, {}],
      then: ['1: Found: expiring (warning). Ends in 20 days.', '2: No longer found: expiring'],
    },
    {
      title: 'a failure that came, and that went, as one',
      isWhole: false,
      found: [{}, { findings: [timeout] }, {}],
      then: ['1: Failing: timeout (critical). No answer.', '2: No longer failing: timeout'],
    },
    {
      title: 'no fault again whose sentence alone changed',
      isWhole: false,
      found: [{}, { findings: [expiring] }, { findings: [{ ...expiring, message: 'Ends in 19 days.' }] }],
      then: ['1: Found: expiring (warning). Ends in 20 days.'],
    },
    {
      title: 'a fault that got worse',
      isWhole: false,
      found: [{ findings: [expiring] }, { findings: [{ ...expiring, severity: 'critical' }] }],
      then: ['1: Found: expiring (critical). Ends in 20 days.', '1: No longer found: expiring'],
    },
    {
      title: 'a fault that is at another address too',
      isWhole: false,
      found: [{ findings: [timeout] }, { findings: [{ ...timeout, addresses: ['192.0.2.10', '192.0.2.11'] }] }],
      then: ['1: Failing: timeout (critical). No answer.', '1: No longer failing: timeout'],
    },
  ])('$title', ({ isWhole = true, found, then }) => {
    expect(told(isWhole, ...found)).toEqual(then);
  });
});

describe('what incidents and people tell', () => {
  it('an incident that is open, with its severity now, and one that was', () => {
    const open = { id: 'CI2', number: 2, severity: 'critical', openedAt: inDays(2), closed: undefined } as const;
    const past = { ...open, id: 'CI1', number: 1, openedAt: NOW, closed: { at: inDays(1), reason: 'paused' } } as const;

    expect(incidentEvents([open, past], CLOSE_TEXT)).toEqual([
      { at: inDays(2), text: 'Incident #2 opened (now critical)' },
      { at: inDays(1), text: `Incident #1 resolved: ${CLOSE_TEXT.paused}` },
      { at: NOW, text: 'Incident #1 opened (critical)' },
    ]);
  });

  it.each([
    { detail: '', text: 'Ann acknowledged #17, in #ops' },
    { detail: 'until 2027-01-01', text: 'Ann acknowledged #17 until 2027-01-01, in #ops' },
  ])('$text', ({ detail, text }) => {
    const subject = { kind: 'incident', id: 'CI1', label: '#17' } as const;
    const by = { platform: 'console', externalId: 'ann', name: 'Ann' } as const;

    expect(auditEvents([{ at: NOW, by, place: '#ops', action: 'acknowledged', subject, detail }])).toEqual([
      { at: NOW, text },
    ]);
  });
});
