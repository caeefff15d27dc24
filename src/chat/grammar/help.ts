import type { CommandSpec } from './spec.ts';

export const HELP_SPECS = {
  help: {
    usage: 'help [COMMAND]',
    summary: 'this list, or one command in full',
    details: [],
    example: 'help snooze',
    words: { needs: [], most: 2 },
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
} as const satisfies Record<string, CommandSpec>;
