import fc from 'fast-check';
import { expect, it } from 'vitest';
import { durationText, parseDuration, parseDurationWithin } from '../../src/core/duration.ts';

it.each([
  ['60s', 60_000],
  ['30m', 1_800_000],
  ['4h', 14_400_000],
  ['7d', 604_800_000],
  ['2W', 1_209_600_000],
  [' 0s ', 0],
])('%s is read', (text, ms) => {
  expect(parseDuration(text)).toEqual({ ok: true, value: ms });
});

it.each([
  ['30', '30 has no unit that we know: write 60s, 30m, 4h, 7d or 2w'],
  ['5y', '5y has no unit that we know: write 60s, 30m, 4h, 7d or 2w'],
  ['', ' is no span of time: write 60s, 30m, 4h, 7d or 2w'],
  ['soon', 'soon is no span of time: write 60s, 30m, 4h, 7d or 2w'],
  ['-5m', '-5m is no span of time: write 60s, 30m, 4h, 7d or 2w'],
  ['1.5h', '1.5h is no span of time: write 60s, 30m, 4h, 7d or 2w'],
  ['٣h', '٣h is no span of time: write 60s, 30m, 4h, 7d or 2w'],
])('%j is refused', (text, message) => {
  expect(parseDuration(text)).toEqual({ ok: false, problem: { message } });
});

it('is held against the shortest and the longest, and the nearest is offered', () => {
  const within = (text: string) => parseDurationWithin(text, 300_000, 86_400_000, 'the time between two checks');
  expect(within('5m')).toEqual({ ok: true, value: 300_000 });
  expect(within('24h')).toEqual({ ok: true, value: 86_400_000 });
  expect(within('299s')).toEqual({
    ok: false,
    problem: { message: '299s is too short: the time between two checks is 5m to 1d', suggestion: '5m' },
  });
  expect(within('99999999999999999999999d')).toEqual({
    ok: false,
    problem: { message: '9999999999999999999… is too long: the time between two checks is 5m to 1d', suggestion: '1d' },
  });
});

it('is written as it is read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000_000 }), (seconds) => {
      expect(parseDuration(durationText(seconds * 1_000))).toEqual({ ok: true, value: seconds * 1_000 });
    }),
  );
});
