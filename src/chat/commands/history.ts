/** `history`: what happened to one monitor, newest first. */
import { counted } from '../../core/counted.ts';
import { CLOSE_TEXT } from '../../core/alert-text.ts';
import { auditEvents, checkEvents, incidentEvents } from '../../core/history.ts';
import type { HistoryEvent } from '../../core/history.ts';
import type { Monitor } from '../../core/monitor.ts';
import { zonedText } from '../../core/time-zone.ts';
import { quoteWord } from '../grammar/tokens.ts';
import { button, command, done, message, note, refusal, text } from '../reply.ts';
import type { CommandContext, Handler } from './context.ts';
import { describe, findMonitor } from './references.ts';

const PAGE_SIZE = 30;
/** Of each kind: what is beyond is not told. */
const SPANS_READ = 500;
const INCIDENTS_READ = 200;
const ENTRIES_READ = 1_000;

export const history: Handler<'history'> = async (context, { monitor: reference, page }) => {
  const result = await findMonitor(context, reference, 'history');
  if ('refused' in result) return result.refused;
  const monitor = result.found;
  const { events, isWhole } = await eventsOf(context, monitor);
  const { timeZone, retentionDays } = await context.deps.store.workspaces.settings(context.workspaceId);
  const pages = Math.max(1, Math.ceil(events.length / PAGE_SIZE));
  const line = (number: number): string => `history ${quoteWord(reference)} --page ${String(number)}`;
  if (page > pages) {
    return refusal(
      `There is no page ${String(page)}: ${counted(events.length, 'event')} fill ${counted(pages, 'page')}`,
      [text(['The last one: ', command(line(pages))])],
    );
  }
  const shown = events.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  return done({
    message: message(
      'neutral',
      `History of ${describe(monitor)}`,
      [
        shown.length === 0
          ? text('Nothing has happened yet.')
          : { type: 'list', items: shown.map((event) => `${zonedText(event.at, timeZone)}: ${event.text}`) },
        ...(page < pages ? [text([`Page ${String(page)} of ${String(pages)}. More: `, command(line(page + 1))])] : []),
        ...(page === pages
          ? [note(isWhole ? `Results are kept for ${counted(retentionDays, 'day')}.` : 'What is older is not shown.')]
          : []),
      ],
      [
        ...(page > 1 ? [button('Previous page', line(page - 1))] : []),
        ...(page < pages ? [button('Next page', line(page + 1))] : []),
      ],
    ),
    monitors: [monitor.id],
  });
};

async function eventsOf(
  { deps: { store }, workspaceId }: CommandContext,
  { id }: Monitor,
): Promise<{ readonly events: readonly HistoryEvent[]; readonly isWhole: boolean }> {
  const spans = await store.checks.history(workspaceId, id, SPANS_READ);
  const incidents = await store.incidents.historyOf(workspaceId, id, INCIDENTS_READ);
  const ids = incidents.map((incident) => incident.id);
  const isWhole = spans.length < SPANS_READ && incidents.length < INCIDENTS_READ;
  const events = [
    ...auditEvents(await store.audit.ofAll(workspaceId, 'incident', ids, ENTRIES_READ)),
    ...auditEvents(await store.audit.ofAll(workspaceId, 'monitor', [id], ENTRIES_READ)),
    ...incidentEvents(incidents, CLOSE_TEXT),
    ...checkEvents(spans, spans.length < SPANS_READ),
  ];
  return { events: events.sort((a, b) => b.at.getTime() - a.at.getTime()), isWhole };
}
