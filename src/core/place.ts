/** Where in which line a problem is, to point at. */
export interface Place {
  readonly line: string;
  /** Counted in UTF-16 units from 0. */
  readonly column: number;
}

/** A part of a line, to replace: from `start` up to `end`, in UTF-16 units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}
