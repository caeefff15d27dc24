/** What `certmon doctor` says of one thing that certmon depends on. */
export interface Diagnosis {
  /** A word or two, the same in every run. */
  readonly check: string;
  /** `skipped`: not asked, since it is of no use here or something else has to be mended first. */
  readonly outcome: 'well' | 'warning' | 'fault' | 'skipped';
  readonly message: string;
  /** What a person does about it. */
  readonly remedy: string | undefined;
}

export function well(check: string, message: string): Diagnosis {
  return { check, outcome: 'well', message, remedy: undefined };
}

export function skipped(check: string, message: string): Diagnosis {
  return { check, outcome: 'skipped', message, remedy: undefined };
}

/** certmon works, and not as well as it might. */
export function warning(check: string, message: string, remedy: string): Diagnosis {
  return { check, outcome: 'warning', message, remedy };
}

/** Something does not work before it is mended. */
export function fault(check: string, message: string, remedy: string): Diagnosis {
  return { check, outcome: 'fault', message, remedy };
}
