/** Thrown on purpose. Match on `code` or `instanceof`, never on `message`. */
export abstract class AppError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The database cannot be reached, or did not answer in time. What was asked may or may not have happened. */
export class DatabaseAwayError extends AppError {
  readonly code = 'database-away';
}

/** Another has just taken what only one may have: a name, or a place. Nothing was changed. */
export class TakenError extends AppError {
  readonly code = 'taken';
}

/** Another process runs the command by now: what this run would change is not committed, and it answers nothing. */
export class RunLostError extends AppError {
  readonly code = 'run-lost';
}

/** What a person gave us and we cannot take: what is wrong, and the nearest right thing where there is one. */
export interface Problem {
  readonly message: string;
  readonly suggestion?: string;
}

/** What a person typed, read; or why it could not be. A person's mistake is data, not an exception. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused(message: string, suggestion?: string): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: suggestion === undefined ? { message } : { message, suggestion } };
}
