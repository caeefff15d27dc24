/** `group add|map|unmap|list|show`. */
import type { Arguments, Outcome } from './arguments.ts';
import { NONE, needing } from './spec.ts';
import type { CommandSpec } from './spec.ts';

export type GroupCommand =
  | { readonly type: 'group add' | 'group show'; readonly name: string }
  | { readonly type: 'group map' | 'group unmap'; readonly name: string; readonly channel: string }
  | { readonly type: 'group list' };

const GROUP = needing('a NAME, such as ops');
const GROUP_AND_CHANNEL = needing('a NAME, such as ops,', 'a #channel');

export const GROUP_SPECS = {
  'group add': {
    usage: 'group add NAME',
    summary: 'make a contact group: a name for who is told',
    details: ['NAME is 1 to 40 letters, digits, - and _. Map it to a channel next.'],
    example: 'group add ops',
    words: GROUP,
    flags: {},
    role: 'admin',
    onlyReads: false,
  },
  'group map': {
    usage: 'group map NAME #channel',
    summary: 'send the alerts of a contact group to a channel',
    details: ['A group can have several channels, on any platform.'],
    example: 'group map ops #alerts',
    words: GROUP_AND_CHANNEL,
    flags: {},
    role: 'admin',
    onlyReads: false,
  },
  'group unmap': {
    usage: 'group unmap NAME #channel',
    summary: 'stop sending the alerts of a contact group to a channel',
    details: [],
    example: 'group unmap ops #alerts',
    words: GROUP_AND_CHANNEL,
    flags: {},
    role: 'admin',
    onlyReads: false,
  },
  'group list': {
    usage: 'group list',
    summary: 'all contact groups and where they lead',
    details: [],
    example: 'group list',
    words: NONE,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  'group show': {
    usage: 'group show NAME',
    summary: 'one contact group: its channels and how many monitors name it',
    details: [],
    example: 'group show ops',
    words: GROUP,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
} as const satisfies Record<string, CommandSpec>;

export function readGroupCommand(type: keyof typeof GROUP_SPECS, { words }: Arguments): Outcome<GroupCommand> {
  const [name = '', channel = ''] = words.map((word) => word.text.trim());
  switch (type) {
    case 'group add':
    case 'group show':
      return { ok: true, value: { type, name } };
    case 'group map':
    case 'group unmap':
      return { ok: true, value: { type, name, channel } };
    case 'group list':
      return { ok: true, value: { type } };
  }
}
