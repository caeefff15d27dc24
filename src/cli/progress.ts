/**
 * How far a list has come: one line on standard error where that is a terminal. It gives way to results that go to the
 * same screen, comes back below them, and is gone in the end.
 */
import type { Output } from './output.ts';

export interface Progress {
  /** Takes the line away, so that something else can be written; it comes back by itself. */
  hide(): void;
  /** For good. */
  close(): void;
}

const REDRAWN_EVERY_MS = 200;

const NONE: Progress = { hide: () => undefined, close: () => undefined };

/** To the start of the line, and erase to its end (ECMA-48, 8.3.41). */
const ERASE = '\r\u001b[K';

/** @param line what it says now; cut to the terminal's width, since what wraps cannot be erased. */
export function startProgress(output: Output, env: NodeJS.ProcessEnv, line: () => string): Progress {
  if (output.isTTY !== true || env.TERM === 'dumb') return NONE;
  let isShown = false;
  let said = '';
  const hide = (): void => {
    if (isShown) output.write(ERASE);
    isShown = false;
  };
  const draw = (): void => {
    const next = line().slice(0, (output.columns ?? 80) - 1);
    if (isShown && next === said) return;
    said = next;
    isShown = true;
    output.write(ERASE + next);
  };
  draw();
  const timer = setInterval(draw, REDRAWN_EVERY_MS);
  return {
    hide,
    close() {
      clearInterval(timer);
      hide();
    },
  };
}
