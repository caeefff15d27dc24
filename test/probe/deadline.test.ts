import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { abortable, startDeadline } from '../../src/probe/deadline.ts';

const forEver = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it('greetings share one purse, however many there are', async () => {
  const deadline = startDeadline(1000, forEver);
  const greeted = deadline.withBudget(3500, () => wait(2000));
  await vi.advanceTimersByTimeAsync(2000);
  await greeted;
  expect(deadline.signal.aborted).toBe(false);

  const second = expect(deadline.withBudget(3500, () => abortable(wait(60_000), deadline.signal))).rejects.toThrow(
    'no answer within 3.5 s (second greeting)',
  );
  deadline.step('second greeting');
  await vi.advanceTimersByTimeAsync(1499);
  expect(deadline.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(2);
  await second;
  deadline.clear();
});

it('what a greeting took is not taken from the rest, which ends when its own time is over', async () => {
  const deadline = startDeadline(1000, forEver);
  await vi.advanceTimersByTimeAsync(400);
  const greeted = deadline.withBudget(3500, () => wait(3000));
  await vi.advanceTimersByTimeAsync(3000);
  await greeted;
  await vi.advanceTimersByTimeAsync(599);
  expect(deadline.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(2);
  expect(deadline.signal.reason).toMatchObject({ code: 'timeout', message: 'no answer within 1 s (connecting)' });
  deadline.clear();
});
