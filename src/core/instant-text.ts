const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `2026-11-30 12:00 UTC`. */
export function instantText(instant: Date): string {
  return `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `3 days`, `1 hour`, `12 minutes`: the largest unit that fits, rounded down; `less than a minute` below. */
export function spanText(ms: number): string {
  const count = (unitMs: number, unit: string): string => {
    const whole = Math.floor(ms / unitMs);
    return `${String(whole)} ${unit}${whole === 1 ? '' : 's'}`;
  };
  if (ms >= DAY_MS) return count(DAY_MS, 'day');
  if (ms >= HOUR_MS) return count(HOUR_MS, 'hour');
  if (ms >= MINUTE_MS) return count(MINUTE_MS, 'minute');
  return 'less than a minute';
}

/** `in 3 days`, `5 hours ago`. */
export function relativeText(instant: Date, now: Date): string {
  const ms = instant.getTime() - now.getTime();
  return ms >= 0 ? `in ${spanText(ms)}` : `${spanText(-ms)} ago`;
}
