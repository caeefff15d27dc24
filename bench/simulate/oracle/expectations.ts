/** What must have come true by an instant: looked at once the clock has passed it. */
export interface Expectations {
  /** @param isMet gives what is wrong, in words; `undefined` where all is well. */
  by(deadlineMs: number, isMet: () => string | undefined): void;
  /** Looks at all whose time has come. */
  pass(nowMs: number, onViolation: (text: string, deadlineMs: number) => void): void;
}

interface Expectation {
  readonly deadlineMs: number;
  readonly isMet: () => string | undefined;
}

export function createExpectations(): Expectations {
  /** Earliest first. */
  const waiting: Expectation[] = [];
  return {
    by(deadlineMs, isMet) {
      let from = 0;
      let to = waiting.length;
      while (from < to) {
        const middle = (from + to) >> 1;
        if ((waiting[middle]?.deadlineMs ?? 0) <= deadlineMs) from = middle + 1;
        else to = middle;
      }
      waiting.splice(from, 0, { deadlineMs, isMet });
    },
    pass(nowMs, onViolation) {
      let count = 0;
      while (count < waiting.length && (waiting[count]?.deadlineMs ?? 0) < nowMs) count += 1;
      for (const { isMet, deadlineMs } of waiting.splice(0, count)) {
        const wrong = isMet();
        if (wrong !== undefined) onViolation(wrong, deadlineMs);
      }
    },
  };
}
