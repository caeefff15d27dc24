import { describe, expect, it } from 'vitest';
import { newCrossings } from '../../src/core/crossing.ts';
import type { Crossing } from '../../src/core/crossing.ts';

const notAfter = new Date('2027-01-31T00:00:00Z');
const at = (days: number) => new Date(notAfter.getTime() - days * 86_400_000);
const crossed = (...days: number[]) => days.map((thresholdDays) => ({ thresholdDays, instant: at(thresholdDays) }));
const row = (thresholdDays: number, overrides: Partial<Crossing> = {}): Crossing => ({
  fingerprint: 'f',
  profileId: 'CP1',
  thresholdDays,
  instant: at(thresholdDays),
  silent: false,
  ...overrides,
});

describe('new crossings', () => {
  it.each([
    { title: 'nothing crossed', crossed: crossed(), stored: [], rows: [], told: undefined },
    { title: 'the first threshold is told', crossed: crossed(60), stored: [], rows: [row(60)], told: 60 },
    {
      title: 'first sight below several: one told, the others silent',
      crossed: crossed(60, 30, 15),
      stored: [],
      rows: [row(60, { silent: true }), row(30, { silent: true }), row(15)],
      told: 15,
    },
    {
      title: 'the next threshold is told once',
      crossed: crossed(60, 30),
      stored: [row(60)],
      rows: [row(30)],
      told: 30,
    },
    {
      title: 'what is stored is told no more',
      crossed: crossed(60, 30),
      stored: [row(60), row(30)],
      rows: [],
      told: undefined,
    },
    {
      title: 'a threshold added above the deepest by an edit is silent',
      crossed: crossed(60, 45, 30),
      stored: [row(60), row(30)],
      rows: [row(45, { silent: true })],
      told: undefined,
    },
    {
      title: "silent where another profile's crossing of a later instant was told",
      crossed: crossed(30),
      stored: [row(15, { profileId: 'CP2' })],
      rows: [row(30, { silent: true })],
      told: undefined,
    },
    {
      title: "told where another profile's crossing was earlier",
      crossed: crossed(15),
      stored: [row(30, { profileId: 'CP2' })],
      rows: [row(15)],
      told: 15,
    },
    {
      title: "told where another profile's row was silent",
      crossed: crossed(30),
      stored: [row(30, { profileId: 'CP2', silent: true })],
      rows: [row(30)],
      told: 30,
    },
    {
      title: 'told where it was another certificate that crossed',
      crossed: crossed(30),
      stored: [row(30, { fingerprint: 'other' })],
      rows: [row(30)],
      told: 30,
    },
  ])('$title', ({ crossed: given, stored, rows, told }) => {
    const result = newCrossings('f', 'CP1', given, stored);

    expect(result.rows).toEqual(rows);
    expect(result.told?.thresholdDays).toBe(told);
  });
});
