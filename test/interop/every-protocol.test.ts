import { expect, it } from 'vitest';
import { PROTOCOL_TOKENS } from '../../src/core/protocol.ts';
import { DAEMON_NAMES, REQUIREMENTS } from './harness/requirements.ts';

it('every protocol has a daemon that speaks it', () => {
  const spoken = new Set<string>(DAEMON_NAMES.flatMap((name) => REQUIREMENTS[name].protocols));
  expect(PROTOCOL_TOKENS.filter((token) => !spoken.has(token))).toEqual([]);
});
