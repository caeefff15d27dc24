/** `tag list|add|remove`, `filter list|show|save|remove`. */
import { MAX_TAGS, tagProblem } from '../../core/tag.ts';
import { filterNameProblem } from '../../core/saved-filter.ts';
import { parseTagFilter } from '../../core/tag-filter-parser.ts';
import type { TagFilter } from '../../core/tag-filter.ts';
import { wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { FILTER_IS, readWritten } from './selection.ts';
import { NONE, needing } from './spec.ts';
import type { CommandSpec } from './spec.ts';

export type TagCommand =
  | { readonly type: 'tag list' }
  | { readonly type: 'tag add' | 'tag remove'; readonly monitor: string; readonly tags: readonly string[] };

export type FilterCommand =
  | { readonly type: 'filter list' }
  | { readonly type: 'filter show' | 'filter remove'; readonly name: string }
  | { readonly type: 'filter save'; readonly name: string; readonly filter: TagFilter };

const MONITOR_AND_TAGS = {
  needs: ['a MONITOR, such as mail.example.com,', 'a TAG, such as env:prod'],
  most: MAX_TAGS + 1,
};
const TAG_IS = 'TAG is letters, digits and _ . : / @ + -, such as env:prod; it is the same whatever its case.';
const NAME = needing('a NAME, such as mail');

export const TAG_SPECS = {
  'tag list': {
    usage: 'tag list',
    summary: 'all tags, and how many monitors have each',
    details: [],
    example: 'tag list',
    words: NONE,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  'tag add': {
    usage: 'tag add MONITOR TAG…',
    summary: 'give a monitor tags; filters find it by them',
    details: [TAG_IS],
    example: 'tag add mail.example.com env:prod team:web',
    words: MONITOR_AND_TAGS,
    flags: {},
    role: 'responder',
    onlyReads: false,
  },
  'tag remove': {
    usage: 'tag remove MONITOR TAG…',
    summary: 'take tags from a monitor',
    details: [TAG_IS],
    example: 'tag remove mail.example.com staging',
    words: MONITOR_AND_TAGS,
    flags: {},
    role: 'responder',
    onlyReads: false,
  },
} as const satisfies Record<string, CommandSpec>;

export const FILTER_SPECS = {
  'filter list': {
    usage: 'filter list',
    summary: 'the saved filters, and what they mean',
    details: [],
    example: 'filter list',
    words: NONE,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  'filter show': {
    usage: 'filter show NAME',
    summary: 'one saved filter: what it means, how many monitors it fits, and what uses it',
    details: [],
    example: 'filter show mail',
    words: NAME,
    flags: {},
    role: 'viewer',
    onlyReads: true,
  },
  'filter save': {
    usage: 'filter save NAME EXPR',
    summary: 'give a filter a name, to be written wherever a FILTER can stand',
    details: [
      'NAME is 1 to 40 letters, digits, - and _, and begins with a letter. One of that name is replaced, wherever it is used.',
      FILTER_IS,
    ],
    example: 'filter save mail protocol:smtp or tag:mail',
    words: { needs: ['a NAME, such as mail,', 'an EXPR, such as env:prod'], most: Infinity },
    flags: {},
    role: 'admin',
    onlyReads: false,
  },
  'filter remove': {
    usage: 'filter remove NAME',
    summary: 'forget a saved filter that nothing uses',
    details: [],
    example: 'filter remove mail',
    words: NAME,
    flags: {},
    role: 'admin',
    onlyReads: false,
  },
} as const satisfies Record<string, CommandSpec>;

export function readTagCommand(type: keyof typeof TAG_SPECS, { words }: Arguments, line: string): Outcome<TagCommand> {
  if (type === 'tag list') return { ok: true, value: { type } };
  const [monitor, ...tags] = words;
  for (const { text, start } of tags) {
    // One that should not be there can be taken away whatever it is made of.
    const problem = type === 'tag add' ? tagProblem(text) : undefined;
    if (problem !== undefined) {
      return wrong({ message: problem, usage: TAG_SPECS[type].usage, place: { line, column: start } });
    }
  }
  return {
    ok: true,
    value: { type, monitor: monitor?.text.trim() ?? '', tags: [...new Set(tags.map((tag) => tag.text))] },
  };
}

export function readFilterCommand(
  type: keyof typeof FILTER_SPECS,
  { words }: Arguments,
  line: string,
): Outcome<FilterCommand> {
  if (type === 'filter list') return { ok: true, value: { type } };
  const [first, ...rest] = words;
  const name = (first?.text ?? '').trim().replace(/^filter:/i, '');
  if (type !== 'filter save') return { ok: true, value: { type, name } };
  const { usage } = FILTER_SPECS[type];
  const problem = filterNameProblem(name);
  if (problem !== undefined) return wrong({ message: problem, usage, place: { line, column: first?.start ?? 0 } });
  const read = readWritten(rest, line, usage).filter;
  if (!read.ok) return read;
  if ('filter' in read.value) return { ok: true, value: { type, name, filter: read.value.filter } };
  // Two names for one thing would go apart with the next change of either.
  const refused = parseTagFilter(`filter:${read.value.saved}`);
  return refused.ok
    ? { ok: true, value: { type, name, filter: refused.value } }
    : wrong({ message: refused.problem.message, usage, place: { line, column: rest[0]?.start ?? 0 } });
}
