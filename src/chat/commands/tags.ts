/** `tag list|add|remove`. */
import { monitorSubject } from '../../core/audit.ts';
import { MAX_TAGS, isSameTag } from '../../core/tag.ts';
import { button, command, done, message, note, refusal, text } from '../reply.ts';
import { audit } from './audit.ts';
import type { Handler } from './context.ts';
import { monitorActions } from './check-report.ts';
import { describe, findMonitor } from './references.ts';

const LISTED = 100;

export const listTags: Handler<'tag list'> = async (context) => {
  const tags = await context.deps.store.monitors.tags(context.workspaceId);
  if (tags.length === 0) {
    return done({
      message: message('neutral', 'No monitor has a tag yet', [
        text(['Give one: ', command('tag add mail.example.com env:prod')]),
      ]),
    });
  }
  const shown = tags.slice(0, LISTED);
  const more = tags.length - shown.length;
  const rows = shown.map(({ tag, count }) => [tag, String(count)]);
  return done({
    message: message('neutral', tags.length === 1 ? '1 tag' : `${String(tags.length)} tags`, [
      { type: 'table', columns: ['Tag', 'Monitors'], rows },
      ...(more > 0 ? [text(`and ${String(more)} more`)] : []),
      note([command(`list ${tags[0]?.tag ?? ''}`), ' shows the monitors that have one.']),
    ]),
  });
};

export const changeTags: Handler<'tag add' | 'tag remove'> = async (context, { type, monitor: reference, tags }) => {
  const result = await findMonitor(context, reference, 'show');
  if ('refused' in result) return result.refused;
  const outcome = await context.commit(async (stores) => {
    const monitor = await stores.monitors.lock(context.workspaceId, result.found.id);
    if (monitor === undefined) return undefined;
    const has = (tag: string): boolean => monitor.tags.some((one) => isSameTag(one, tag));
    const concerned = type === 'tag add' ? once(tags.filter((tag) => !has(tag))) : tags.filter(has);
    const after =
      type === 'tag add'
        ? [...monitor.tags, ...concerned]
        : monitor.tags.filter((one) => !concerned.some((tag) => isSameTag(one, tag)));
    if (concerned.length === 0 || after.length > MAX_TAGS) return { monitor, after, isDone: false };
    await stores.monitors.edit(context.workspaceId, monitor.id, { tags: after });
    await audit(
      context,
      stores,
      type === 'tag add' ? 'tagged' : 'untagged',
      monitorSubject(monitor),
      concerned.join(', '),
    );
    return { monitor, after, isDone: true };
  });
  if (outcome === undefined) return refusal(`${describe(result.found)} was removed in the meantime by someone else`);
  const { monitor, after, isDone } = outcome;
  const its = monitor.tags.length === 0 ? 'It has no tags.' : `Its tags: ${monitor.tags.join(', ')}`;
  if (after.length > MAX_TAGS && !isDone) {
    return refusal(`${describe(monitor)} would have ${String(after.length)} tags: ${String(MAX_TAGS)} is the most`, [
      text(its),
    ]);
  }
  if (!isDone) {
    const what = type === 'tag add' ? 'has all of these tags already' : 'has none of these tags';
    return refusal(`${describe(monitor)} ${what}, so nothing was changed`, [text(its)]);
  }
  return done({
    audience: 'channel',
    message: message(
      'neutral',
      `${describe(monitor)}: ${after.length === 0 ? 'no tags any more' : after.join(', ')}`,
      [],
      [...monitorActions(monitor), button('All tags', 'tag list')],
    ),
    monitors: [monitor.id],
    status: monitor.status,
  });
};

/** The first of each, whatever the case. */
function once(tags: readonly string[]): string[] {
  return tags.filter((tag, index) => tags.findIndex((one) => isSameTag(one, tag)) === index);
}
