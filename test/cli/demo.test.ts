import { expect, it } from 'vitest';
import { runDemoBeside } from '../../src/cli/demo.ts';

it('the demo beside a console is not started once told to stop', async () => {
  await expect(runDemoBeside(AbortSignal.abort())).resolves.toBeUndefined();
});

it('the demo beside a console ends when told to stop, without an error', async () => {
  const controller = new AbortController();
  const ended = runDemoBeside(controller.signal);
  controller.abort();
  await expect(ended).resolves.toBeUndefined();
});
