import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parsed } from '../../src/core/errors.ts';
import {
  profileNameProblem,
  readConfirm,
  readInterval,
  readReminder,
  readRule,
  readThresholds,
  readTimeout,
} from '../../src/core/profile-reading.ts';

const READERS: Readonly<Record<string, (text: string) => Parsed<unknown>>> = {
  '--thresholds': readThresholds,
  '--every': readInterval,
  '--timeout': readTimeout,
  '--confirm': readConfirm,
  '--remind': readReminder,
  '--rule': readRule,
};

const read = (flag: string, text: string): Parsed<unknown> =>
  READERS[flag]?.(text) ?? { ok: true, value: 'no such flag' };

describe('what is right', () => {
  it.each([
    ['--thresholds', '60,30,7,0', [60, 30, 7, 0]],
    ['--thresholds', '0, 7 ,30', [30, 7, 0]],
    ['--thresholds', '90', [90]],
    ['--thresholds', '0', [0]],
    ['--thresholds', '30d,7d', [30, 7]],
    ['--thresholds', '9,8,7,6,5,4,3,2,1,0', [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]],
    ['--every', '5m', 300_000],
    ['--every', '24h', 86_400_000],
    ['--every', '1d', 86_400_000],
    ['--timeout', '1s', 1_000],
    ['--timeout', '60s', 60_000],
    ['--timeout', '1m', 60_000],
    ['--confirm', '3x60s', { tries: 3, everyMs: 60_000 }],
    ['--confirm', '1X10s', { tries: 1, everyMs: 10_000 }],
    ['--confirm', '10x1h', { tries: 10, everyMs: 3_600_000 }],
    ['--remind', 'critical=1d', { severity: 'critical', everyMs: 86_400_000 }],
    ['--remind', 'WARNING=7d', { severity: 'warning', everyMs: 604_800_000 }],
    ['--remind', 'critical=off', { severity: 'critical', everyMs: undefined }],
    ['--rule', 'weak-key=off', { codes: ['weak-key'], severity: 'off' }],
    ['--rule', 'Trust=INFO', { codes: ['self-signed', 'untrusted'], severity: 'info' }],
    ['--rule', 'name=warning', { codes: ['name-mismatch'], severity: 'warning' }],
    ['--rule', 'expiring=critical', { codes: ['expiring'], severity: 'critical' }],
    ['--rule', 'weak-key=default', { codes: ['weak-key'], severity: 'default' }],
  ])('%s %s', (flag, text, value) => {
    expect(read(flag, text)).toEqual({ ok: true, value });
  });
});

describe('what is wrong is named, with what would be right', () => {
  const THRESHOLDS = 'thresholds are 1 to 10 whole days from 0 to 90, such as 60,30,7,0';
  it.each([
    ['--thresholds', '', `there is no threshold: ${THRESHOLDS}`, undefined],
    ['--thresholds', ',,', `there is no threshold: ${THRESHOLDS}`, undefined],
    ['--thresholds', '91,7', `'91' is no threshold: ${THRESHOLDS}`, undefined],
    ['--thresholds', '-1', `'-1' is no threshold: ${THRESHOLDS}`, undefined],
    ['--thresholds', '7.5', `'7.5' is no threshold: ${THRESHOLDS}`, undefined],
    ['--thresholds', '100', `'100' is no threshold: ${THRESHOLDS}`, undefined],
    ['--thresholds', '30,30,7', 'the threshold 30 is given twice', '30,7'],
    ['--thresholds', '10,9,8,7,6,5,4,3,2,1,0', `11 thresholds are too many: ${THRESHOLDS}`, undefined],
    ['--every', '4m', '4m is too short: the time between two checks is 5m to 1d', '5m'],
    ['--every', '25h', '25h is too long: the time between two checks is 5m to 1d', '1d'],
    ['--every', 'hourly', 'hourly is no span of time: write 60s, 30m, 4h, 7d or 2w', undefined],
    ['--timeout', '0s', '0s is too short: the time that a probe may take is 1s to 1m', '1s'],
    ['--timeout', '61s', '61s is too long: the time that a probe may take is 1s to 1m', '1m'],
    ['--timeout', '10', '10 has no unit that we know: write 60s, 30m, 4h, 7d or 2w', undefined],
    ['--confirm', '3', "'3' does not say how often and how far apart", '3x60s'],
    ['--confirm', '0x60s', '0 tries do not do: a failure is believed after 1 to 10', '1x1m'],
    ['--confirm', '11x60s', '11 tries do not do: a failure is believed after 1 to 10', '10x1m'],
    ['--confirm', '3x5s', '5s is too short: the time between two tries is 10s to 1h', '3x10s'],
    ['--confirm', '3x2h', '2h is too long: the time between two tries is 10s to 1h', '3x1h'],
    ['--remind', 'info=1d', "'info' cannot be reminded of: critical and warning can", 'critical=1d'],
    ['--remind', 'critcal=2d', "'critcal' cannot be reminded of: critical and warning can", 'critical=2d'],
    ['--remind', 'critical', "'critical' does not say how often", 'critical=1d'],
    ['--remind', 'critical=1m', '1m is too short: the time between two reminders is 1h to 30d', 'critical=1h'],
    ['--rule', 'weak-keys=off', expect.stringContaining("there is no rule 'weak-keys'"), 'weak-key=off'],
    ['--rule', 'weak-key', expect.stringContaining("'weak-key' does not say what it is to be"), 'weak-key=off'],
    ['--rule', 'weak-key=warn', expect.stringContaining("'warn' is no severity"), 'weak-key=warning'],
    ['--rule', '__proto__=off', expect.stringContaining("there is no rule '__proto__'"), undefined],
  ] as const)('%s %s', (flag, text, message, suggestion) => {
    const outcome = read(flag, text);
    expect(outcome.ok ? '' : outcome.problem.message).toEqual(message);
    expect(outcome.ok ? undefined : outcome.problem.suggestion).toBe(suggestion);
    if (suggestion !== undefined) expect(read(flag, suggestion).ok).toBe(true);
  });
});

it('any text ends in a value or a problem', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(READERS)), fc.string({ unit: 'binary' }), (flag, text) => {
      const outcome = read(flag, text);
      expect(outcome.ok || outcome.problem.message.length > 0).toBe(true);
    }),
  );
});

it.each([
  ['Mail-servers_2', undefined],
  ['Büro', undefined],
  ['two words', "'two words' cannot be a profile's name: it is 1 to 40 letters, digits, - and _"],
  ['', "'' cannot be a profile's name: it is 1 to 40 letters, digits, - and _"],
  ['x'.repeat(41), expect.stringContaining('1 to 40')],
])('the name %j', (name, problem) => {
  expect(profileNameProblem(name)).toEqual(problem);
});
