/** A window of the week: from Monday (0) on; `toMinute` may lie past midnight, beyond 1440. */
export interface WeeklyWindow {
  readonly day: number;
  /** Minutes after the day's midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

export type WeeklyHours = readonly WeeklyWindow[];
