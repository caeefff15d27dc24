import { nearest } from '../../core/nearest.ts';
import { quote } from '../../core/quote.ts';
import { readFilterText, savedFilterText } from '../../core/saved-filter.ts';
import type { Reply } from '../message.ts';
import { code, command, refusal, text } from '../reply.ts';
import type { CommandContext } from './context.ts';

/** A saved filter by its name, which is looked up each time; or the expression. */
export async function filterMeant(
  context: CommandContext,
  typed: string,
): Promise<string | { readonly refused: Reply }> {
  const { filters } = context.deps.store;
  const read = readFilterText(typed);
  const named = read.ok && 'saved' in read.value ? read.value.saved : typed.trim();
  const saved = await filters.findByName(context.workspaceId, named);
  if (saved !== undefined) return savedFilterText(saved.name);
  if (!read.ok || 'filter' in read.value) return typed.trim();
  const near = nearest(
    named,
    (await filters.list(context.workspaceId)).map(({ name }) => name),
  );
  return {
    refused: refusal(`There is no saved filter ${quote(named)}`, [
      near === undefined
        ? text([command('filter list'), ' shows those there are.'])
        : text(['Did you mean ', code(savedFilterText(near)), '?']),
    ]),
  };
}
