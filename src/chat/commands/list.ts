/** `list`: every monitor, or those that a filter fits, a page at a time. */
import { counted } from '../../core/counted.ts';
import { daysUntilExpiry } from '../../core/expiry.ts';
import { hostAndPort } from '../../core/monitor.ts';
import type { Monitor, MonitorStatus } from '../../core/monitor.ts';
import type { Incident } from '../../core/incident.ts';
import type { MonitorCounts } from '../../core/ports.ts';
import type { Block, Message } from '../message.ts';
import { button, command, done, message, note, refusal, text } from '../reply.ts';
import type { Handler } from './context.ts';
import { statusText } from './check-report.ts';
import { chosenFilter, nothingFits } from './selection.ts';

export const PAGE_SIZE = 50;
const INCIDENTS_READ = 2_000;
const IDS_SHOWN = 3;

export const list: Handler<'list'> = async (context, { filter: written, page }) => {
  const { store } = context.deps;
  const chosen = written === undefined ? undefined : await chosenFilter(context, written);
  if (chosen !== undefined && 'refused' in chosen) return chosen.refused;
  const which = { filter: chosen?.found.filter, now: context.now };
  const line = chosen === undefined ? 'list' : `list ${chosen.found.line}`;
  const { total, byStatus, failing } = await store.monitors.count(context.workspaceId, which);
  if (total === 0) return chosen === undefined ? done({ message: nothingYet() }) : nothingFits(context, chosen.found);
  const pages = Math.ceil(total / PAGE_SIZE);
  if (page > pages) {
    return refusal(`There is no page ${String(page)}: ${counted(total, 'monitor')} fill ${counted(pages, 'page')}`, [
      text(['The last one: ', command(`${line} --page ${String(pages)}`)]),
    ]);
  }
  const from = (page - 1) * PAGE_SIZE;
  const shown = await store.monitors.list(context.workspaceId, which, PAGE_SIZE, from);
  const open = await store.incidents.listOpen(context.workspaceId, INCIDENTS_READ);
  const next = page < pages ? [button('Next page', `${line} --page ${String(page + 1)}`)] : [];
  const previous = page > 1 ? [button('Previous page', `${line} --page ${String(page - 1)}`)] : [];
  return done({
    message: message(
      toneOf(byStatus, failing),
      `${counted(total, 'monitor')}: ${countsText(byStatus)}`,
      [
        table(shown, open, context.now),
        ...paging(line, page, pages, from, shown.length, total),
        note([command('show MONITOR'), ' tells more of one: its findings and what to do.']),
      ],
      [...previous, ...next, ...(open.length > 0 ? [button('Incidents', 'incidents')] : [])],
    ),
    monitors: shown.map((monitor) => monitor.id),
  });
};

export function nothingYet(): Message {
  return message('neutral', 'There are no monitors yet', [
    text(['Add the first: ', command('add www.example.com https'), ' or ', command('add mail.example.com smtp')]),
    text([command('help add'), ' tells what else can be watched.']),
  ]);
}

function table(monitors: readonly Monitor[], open: readonly Incident[], now: Date): Block {
  const numbers = new Map<string, Set<number>>();
  for (const incident of open) {
    for (const { monitorId } of incident.members) {
      numbers.set(monitorId, (numbers.get(monitorId) ?? new Set<number>()).add(incident.number));
    }
  }
  const hasNames = monitors.some((monitor) => monitor.name !== undefined);
  return {
    type: 'table',
    columns: ['Status', 'Days left', 'Host', 'Protocol', ...(hasNames ? ['Name'] : []), 'Incident'],
    rows: monitors.map((monitor) => [
      statusText(monitor),
      monitor.expiresAt === undefined ? '-' : String(daysUntilExpiry(monitor.expiresAt, now)),
      hostAndPort(monitor.endpoint),
      monitor.endpoint.protocol,
      ...(hasNames ? [monitor.name ?? ''] : []),
      incidentsText([...(numbers.get(monitor.id) ?? [])]),
    ]),
  };
}

function incidentsText(numbers: readonly number[]): string {
  if (numbers.length === 0) return '-';
  const sorted = [...numbers].sort((a, b) => a - b);
  const more = sorted.length - IDS_SHOWN;
  return (
    sorted
      .slice(0, IDS_SHOWN)
      .map((number) => `#${String(number)}`)
      .join(', ') + (more > 0 ? ` +${String(more)}` : '')
  );
}

function paging(line: string, page: number, pages: number, from: number, count: number, total: number): Block[] {
  if (pages === 1) return [];
  const range = `Page ${String(page)} of ${String(pages)}: ${String(from + 1)} to ${String(from + count)} of ${String(total)}.`;
  return [text(page === pages ? range : [`${range} More: `, command(`${line} --page ${String(page + 1)}`)])];
}

const STATUS_ORDER: readonly MonitorStatus[] = ['expired', 'error', 'expiring', 'pending', 'paused', 'valid'];

export function countsText(byStatus: MonitorCounts['byStatus']): string {
  return STATUS_ORDER.filter((status) => byStatus[status] > 0)
    .map((status) => `${String(byStatus[status])} ${status}`)
    .join(', ');
}

function toneOf(byStatus: MonitorCounts['byStatus'], failing: number): Message['tone'] {
  if (byStatus.expired > 0 || byStatus.error > 0) return 'critical';
  if (byStatus.expiring > 0 || failing > 0) return 'warning';
  return byStatus.pending > 0 || byStatus.paused > 0 ? 'neutral' : 'good';
}
