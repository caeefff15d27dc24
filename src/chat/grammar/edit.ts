/** `edit`: one monitor, in what is given; host, port and protocol are what it is, and stay. */
import { MAX_TAGS, tagProblem } from '../../core/tag.ts';
import { wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { MAX_NAME_CHARS } from './add.ts';
import { SWITCH, needing, value, values } from './spec.ts';
import type { CommandSpec } from './spec.ts';

/** What is absent stays; `null` and an empty list take away. Profile and groups by name. */
export interface EditWish {
  readonly name?: string | null;
  readonly profile?: string;
  readonly groups?: readonly string[];
  readonly tags?: readonly string[];
  readonly sni?: string | null;
  readonly direct?: boolean;
}

export interface EditCommand {
  readonly type: 'edit';
  readonly monitor: string;
  readonly wish: EditWish;
}

/** Takes away what is there. */
const NOTHING = 'none';

export const EDIT_SPECS = {
  edit: {
    usage: 'edit MONITOR [--name N] [--profile P] [--group G]… [--tag T]… [--sni NAME] [--direct|--no-direct]',
    summary: 'change how a monitor is called, judged, reached or told of',
    details: [
      'What is given takes the place of what was: --group ops --group dev are its groups from then on.',
      '--name none, --group none, --tag none and --sni none take away.',
      'Another host, port or protocol is another monitor: `add` it, and `remove` this one.',
      'Another profile, group or server name is checked at once.',
    ],
    example: 'edit mail.example.com --profile Minimal --group ops',
    words: needing('a MONITOR, such as mail.example.com'),
    flags: {
      name: value('N'),
      profile: value('P'),
      group: values('G'),
      tag: values('T'),
      sni: value('NAME'),
      direct: SWITCH,
      'no-direct': SWITCH,
    },
    role: 'responder',
    onlyReads: false,
  },
} as const satisfies Record<string, CommandSpec>;

const { usage }: CommandSpec = EDIT_SPECS.edit;

export function readEdit({ words, flags }: Arguments, line: string): Outcome<EditCommand> {
  const monitor = words[0]?.text.trim() ?? '';
  if (monitor === '') return wrong({ message: 'edit needs a monitor: nothing was given', usage });
  if (flags.size === 0) {
    return wrong({ message: `edit ${monitor} needs something to change`, usage, place: { line, column: line.length } });
  }
  if (flags.has('direct') && flags.has('no-direct')) {
    return wrong({ message: '--direct and --no-direct exclude each other', usage });
  }
  const name = flags.get('name')?.[0];
  if (name !== undefined && name.length > MAX_NAME_CHARS) {
    const most = String(MAX_NAME_CHARS);
    return wrong({ message: `the name is ${String(name.length)} characters long, ${most} is the most`, usage });
  }
  const groups = listOf(flags, 'group');
  if (!groups.ok) return groups;
  const tags = listOf(flags, 'tag');
  if (!tags.ok) return tags;
  const problem =
    (tags.value ?? []).map(tagProblem).find((one) => one !== undefined) ??
    ((tags.value ?? []).length > MAX_TAGS
      ? `${String(tags.value?.length)} tags are too many, ${String(MAX_TAGS)} is the most`
      : undefined);
  if (problem !== undefined) return wrong({ message: problem, usage });
  const profile = flags.get('profile')?.[0];
  const sni = flags.get('sni')?.[0];
  const direct = flags.has('direct') ? true : flags.has('no-direct') ? false : undefined;
  return {
    ok: true,
    value: {
      type: 'edit',
      monitor,
      wish: {
        ...(name === undefined ? {} : { name: isNothing(name) ? null : name }),
        ...(profile === undefined ? {} : { profile }),
        ...(groups.value === undefined ? {} : { groups: groups.value }),
        ...(tags.value === undefined ? {} : { tags: tags.value }),
        ...(sni === undefined ? {} : { sni: isNothing(sni) ? null : sni }),
        ...(direct === undefined ? {} : { direct }),
      },
    },
  };
}

function listOf(flags: Arguments['flags'], flag: 'group' | 'tag'): Outcome<readonly string[] | undefined> {
  const given = flags.get(flag);
  if (given === undefined) return { ok: true, value: undefined };
  if (!given.some(isNothing)) return { ok: true, value: [...new Set(given)] };
  if (given.every(isNothing)) return { ok: true, value: [] };
  return wrong({ message: `--${flag} none takes all away, and the others cannot stand beside it`, usage });
}

function isNothing(text: string): boolean {
  return text.toLowerCase() === NOTHING;
}
