/** Which monitors a person means: one by its name, or those that a filter fits. The one place that says which comes first. */
import type { Monitor } from '../../core/monitor.ts';
import { nearest } from '../../core/nearest.ts';
import { quote } from '../../core/quote.ts';
import { savedFilterText } from '../../core/saved-filter.ts';
import type { SavedFilter } from '../../core/saved-filter.ts';
import { filterText, quotedName, termsOf } from '../../core/tag-filter.ts';
import type { TagFilter } from '../../core/tag-filter.ts';
import type { Written } from '../grammar/selection.ts';
import type { Block, Reply } from '../message.ts';
import { code, command, problemReply, refusal, text } from '../reply.ts';
import type { CommandContext } from './context.ts';
import { lookForMonitor, unknownMonitor } from './references.ts';
import type { Found } from './references.ts';

/** A filter, and how to write it again: `filter:mail`, or the expression. */
export interface Chosen {
  readonly filter: TagFilter;
  readonly line: string;
}

/** A monitor of that name, else a saved filter of that name, else what the expression says. */
export async function monitorOrFilter(
  context: CommandContext,
  written: Written,
  verb: string,
): Promise<Found<{ readonly monitor: Monitor } | Chosen>> {
  const isForced = written.filter.ok && 'saved' in written.filter.value;
  const monitor = isForced ? undefined : await lookForMonitor(context, written.text, verb);
  if (monitor !== undefined) return 'refused' in monitor ? monitor : { found: { monitor: monitor.found } };
  if (/^#\d{1,9}$/.test(written.text)) return { refused: await unknownMonitor(context, written.text, verb) };
  const chosen = await chosenFilter(context, notCalled(written));
  if ('refused' in chosen) return chosen;
  // A tag that nobody has, and that looks like no tag, is a slip in the name of a monitor.
  const { filter } = chosen.found;
  const mayBePlace = /^[^\s:]+(?::\d+)?$/.test(written.text);
  if (filter.type === 'tag' && filter.tag === written.text && mayBePlace && !(await hasTag(context, filter))) {
    return { refused: await unknownMonitor(context, written.text, verb) };
  }
  // A monitor or a saved filter may get that name before the question is answered: the answer says that a tag is meant.
  return filter.type === 'tag' && !isSaved(chosen.found) ? { found: { filter, line: tagLine(filter.tag) } } : chosen;
}

function isSaved({ line }: Chosen): boolean {
  return line.startsWith(savedFilterText(''));
}

/** Without the field a saved filter of that name would be meant. */
function tagLine(tag: string): string {
  return `tag:${tag}`;
}

/** What is wrong with it as a filter is half of the answer where a monitor may be named too. */
function notCalled(written: Written): Written {
  const { filter } = written;
  if (filter.ok) return written;
  const advice = 'No monitor and no saved filter is called that either.';
  return { ...written, filter: { ok: false, problem: { ...filter.problem, advice } } };
}

/** A saved filter of that name, else what the expression says. */
export async function chosenFilter(context: CommandContext, written: Written): Promise<Found<Chosen>> {
  const { filters } = context.deps.store;
  if (written.filter.ok && 'saved' in written.filter.value) return savedFilter(context, written.filter.value.saved);
  const saved = await filters.findByName(context.workspaceId, written.text);
  if (saved !== undefined) return { found: { filter: saved.filter, line: savedFilterText(saved.name) } };
  if (!written.filter.ok) return { refused: problemReply(written.filter.problem) };
  if (!('filter' in written.filter.value)) return savedFilter(context, written.text);
  const { filter } = written.filter.value;
  const unknown = await unknownName(context, filter);
  if (unknown !== undefined) return { refused: unknown };
  const saysTag = filter.type === 'tag' && /^tag:/i.test(written.text);
  return { found: { filter, line: saysTag ? tagLine(filter.tag) : filterText(filter) } };
}

async function savedFilter(context: CommandContext, name: string): Promise<Found<Chosen>> {
  const result = await findFilter(context, name);
  if ('refused' in result) return result;
  return { found: { filter: result.found.filter, line: savedFilterText(result.found.name) } };
}

export async function findFilter(context: CommandContext, name: string): Promise<Found<SavedFilter>> {
  const { filters } = context.deps.store;
  const found = await filters.findByName(context.workspaceId, name);
  if (found !== undefined) return { found };
  const names = (await filters.list(context.workspaceId)).map((one) => one.name);
  return { refused: unknown('saved filter', name, names, 'filter list') };
}

/** Profiles and contact groups that a filter names are there: else it would fit nothing without a word. */
export async function unknownName(context: CommandContext, filter: TagFilter): Promise<Reply | undefined> {
  const { profiles, groups } = context.deps.store;
  for (const term of termsOf(filter)) {
    if (term.type !== 'profile' && term.type !== 'group') continue;
    const store = term.type === 'profile' ? profiles : groups;
    if ((await store.findByName(context.workspaceId, term.name)) !== undefined) continue;
    const names = (await store.list(context.workspaceId)).map((one) => one.name);
    return unknown(term.type === 'profile' ? 'profile' : 'contact group', term.name, names, undefined);
  }
  return undefined;
}

function unknown(what: string, name: string, names: readonly string[], list: string | undefined): Reply {
  const near = nearest(name, names);
  return refusal(`There is no ${what} ${quote(name)}, so nothing was done`, [
    ...(near === undefined ? [] : [text(['Did you mean ', code(quotedName(near)), '?'])]),
    ...(list === undefined ? [] : [text([command(list), ' shows those there are.'])]),
  ]);
}

async function hasTag(context: CommandContext, filter: TagFilter): Promise<boolean> {
  const [one] = await context.deps.store.monitors.list(context.workspaceId, { filter, now: context.now }, 1, 0);
  return one !== undefined;
}

/** Why a filter fits nothing, where a tag in it is one that no monitor has. */
export async function nothingFits(context: CommandContext, { filter, line }: Chosen): Promise<Reply> {
  const known = (await context.deps.store.monitors.tags(context.workspaceId)).map((one) => one.tag);
  const blocks: Block[] = [];
  for (const term of termsOf(filter)) {
    if (term.type !== 'tag' || known.some((tag) => tag.toLowerCase() === term.tag.toLowerCase())) continue;
    const near = nearest(term.tag, [...known, ...FIELD_EXAMPLES], 2);
    const meant = near === undefined ? [] : ['; did you mean ', code(near), '?'];
    blocks.push(text(['No monitor has the tag ', code(term.tag), ...meant]));
  }
  return refusal(`No monitor fits ${quote(line, 200)}`, [
    ...blocks,
    text([command('tag list'), ' shows the tags, ', command('list'), ' all monitors.']),
  ]);
}

/** What a slip in a field's name comes near to: `stauts:expiring` is read as a tag. */
const FIELD_EXAMPLES = ['valid', 'expiring', 'expired', 'error', 'pending', 'paused'].map((one) => `status:${one}`);
