/** `filter list|show|save|remove`: filters that have a name. */
import { counted } from '../../core/counted.ts';
import type { AuditSubject } from '../../core/audit.ts';
import { savedFilterText } from '../../core/saved-filter.ts';
import type { SavedFilter } from '../../core/saved-filter.ts';
import { toSid } from '../../core/sid.ts';
import { filterText } from '../../core/tag-filter.ts';
import type { Reply } from '../message.ts';
import { button, code, command, done, message, note, refusal, text } from '../reply.ts';
import { audit } from './audit.ts';
import type { CommandContext, Handler } from './context.ts';
import { findFilter, unknownName } from './selection.ts';

export const listFilters: Handler<'filter list'> = async (context) => {
  const filters = await context.deps.store.filters.list(context.workspaceId);
  if (filters.length === 0) {
    return done({
      message: message('neutral', 'There are no saved filters yet', [
        text(['Save one: ', command('filter save mail protocol:smtp or tag:mail')]),
      ]),
    });
  }
  const rows = filters.map(({ name, filter }) => [name, filterText(filter)]);
  return done({
    message: message('neutral', counted(filters.length, 'saved filter'), [
      { type: 'table', columns: ['Name', 'Means'], rows },
      note([command(`list ${filters[0]?.name ?? ''}`), ' shows the monitors that one fits.']),
    ]),
  });
};

export const showFilter: Handler<'filter show' | 'filter remove'> = async (context, { name }) => {
  const result = await findFilter(context, name);
  if ('refused' in result) return result.refused;
  return shown(context, result.found, `Filter ${result.found.name}`);
};

async function shown(context: CommandContext, saved: SavedFilter, title: string): Promise<Reply> {
  const { store } = context.deps;
  const { total } = await store.monitors.count(context.workspaceId, { filter: saved.filter, now: context.now });
  const uses = await usesOf(context, saved);
  return done({
    message: message(
      'neutral',
      title,
      [
        {
          type: 'facts',
          facts: [
            { label: 'Means', value: filterText(saved.filter) },
            { label: 'Fits', value: counted(total, 'monitor') },
            { label: 'Used by', value: uses.length === 0 ? 'nothing' : uses.join(', ') },
          ],
        },
      ],
      [button('List', `list ${savedFilterText(saved.name)}`)],
    ),
  });
}

export const saveFilter: Handler<'filter save'> = async (context, { name, filter }) => {
  const unknown = await unknownName(context, filter);
  if (unknown !== undefined) return unknown;
  const id = toSid('tag-filter', context.deps.newUuid());
  const { saved, before } = await context.commit(async (stores) => {
    const known = await stores.filters.findByName(context.workspaceId, name);
    const now = await stores.filters.save(context.workspaceId, id, name, filter);
    await audit(context, stores, 'saved', filterSubject(now), filterText(filter));
    return { saved: now, before: known };
  });
  const isSame = before !== undefined && filterText(before.filter) === filterText(filter);
  const was = before === undefined || isSame ? '' : `, in place of ${filterText(before.filter)}`;
  const reply = await shown(context, saved, `Saved filter ${saved.name}${was}`);
  return { ...reply, audience: 'channel' };
};

export const removeFilter: typeof showFilter = async (context, { name }) => {
  const result = await findFilter(context, name);
  if ('refused' in result) return result.refused;
  const saved = result.found;
  const uses = await context.commit(async (stores) => {
    const inUse = await stores.filters.usesOf(context.workspaceId, saved.name);
    if (inUse.length > 0) return inUse;
    await stores.filters.remove(context.workspaceId, saved.id);
    await audit(context, stores, 'removed', filterSubject(saved), filterText(saved.filter));
    return inUse;
  });
  if (uses.length > 0) {
    const named = await usesOf(context, saved);
    return refusal(`Filter ${saved.name} is used by ${named.join(', ')}, so it was not removed`, [
      text('Take it away there first; or give it another meaning: '),
      text([command(`filter save ${saved.name} EXPR`), ' changes it wherever it is used.']),
    ]);
  }
  return done({
    audience: 'channel',
    message: message('neutral', `Removed filter ${saved.name}`, [
      text(['It meant ', code(filterText(saved.filter))]),
      text(['This brings it back: ', command(`filter save ${saved.name} ${filterText(saved.filter)}`)]),
    ]),
  });
};

/** `group ops to #mail`, `the digest of #mail`. */
async function usesOf(context: CommandContext, { name }: SavedFilter): Promise<string[]> {
  const { filters, channels } = context.deps.store;
  const uses = await filters.usesOf(context.workspaceId, name);
  const known = await channels.listByIds(
    context.workspaceId,
    uses.map(({ channelId }) => channelId),
  );
  return uses.map(({ channelId, group }) => {
    const channel = `#${known.find(({ id }) => id === channelId)?.name ?? 'a channel that is gone'}`;
    return group === undefined ? `the digest of ${channel}` : `group ${group} to ${channel}`;
  });
}

function filterSubject({ id, name }: SavedFilter): AuditSubject {
  return { kind: 'tag-filter', id, label: name };
}
