export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A Monday, so that the year has both changes of summer time in Europe and in America. */
export const START_MS = Date.parse('2027-01-04T00:00:00Z');

export function instant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
