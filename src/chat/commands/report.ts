/** `report`: what runs out when, over all monitors or those that a filter fits. */
import { counted } from '../../core/counted.ts';
import { csvLine } from '../../core/csv.ts';
import { daysUntilExpiry } from '../../core/expiry.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { MonitorQuery, MonitorReport } from '../../core/ports.ts';
import { DAY_MS } from '../../core/profile.ts';
import type { Block, Reply } from '../message.ts';
import { button, command, done, message, note, text } from '../reply.ts';
import type { CommandContext, Handler } from './context.ts';
import { headline } from './check-report.ts';
import { countsText, nothingYet } from './list.ts';
import { chosenFilter, nothingFits } from './selection.ts';

/** Days from now at which one row of the report ends and the next begins. */
const EDGES = [0, 7, 14, 30, 60, 90] as const;
const WHEN = [
  'expired',
  'in less than 7 days',
  'in 7 to 13 days',
  'in 14 to 29 days',
  'in 30 to 59 days',
  'in 60 to 89 days',
  'in 90 days or later',
] as const;

const ISSUERS_SHOWN = 10;
const NEXT_SHOWN = 10;
/** Lines of `--csv`: more is for a filter to cut down. */
const MAX_CSV_LINES = 10_000;
const READ_AT_ONCE = 500;

export const report: Handler<'report'> = async (context, { filter: written, csv }) => {
  const { store } = context.deps;
  const chosen = written === undefined ? undefined : await chosenFilter(context, written);
  if (chosen !== undefined && 'refused' in chosen) return chosen.refused;
  const which = { filter: chosen?.found.filter, now: context.now };
  const { total, byStatus } = await store.monitors.count(context.workspaceId, which);
  if (total === 0) return chosen === undefined ? done({ message: nothingYet() }) : nothingFits(context, chosen.found);
  const of = chosen === undefined ? '' : ` of ${chosen.found.line}`;
  const line = chosen === undefined ? '' : ` ${chosen.found.line}`;
  const title = `Report${of}: ${counted(total, 'monitor')}: ${countsText(byStatus)}`;
  if (csv) return asCsv(context, which, total, title);
  const instants = EDGES.map((days) => new Date(context.now.getTime() + days * DAY_MS));
  const figures = await store.monitors.report(context.workspaceId, which, instants, ISSUERS_SHOWN);
  const next = await store.monitors.list(context.workspaceId, which, NEXT_SHOWN, 0);
  return done({
    message: message(
      (figures.byEnd[0] ?? 0) > 0 ? 'critical' : (figures.byEnd[1] ?? 0) > 0 ? 'warning' : 'neutral',
      title,
      [
        endTable(figures),
        ...issuerTable(figures, total),
        text([{ bold: 'Next to end' }]),
        { type: 'list', items: next.filter(({ expiresAt }) => expiresAt !== undefined).map(headline) },
        note([command(`report${line} --csv`), ' gives every monitor as a line for a spreadsheet.']),
      ],
      [button('List', `list${line}`)],
    ),
    monitors: next.map(({ id }) => id),
  });
};

function endTable({ byEnd, unread }: MonitorReport): Block {
  const rows = byEnd.map((count, index) => [WHEN[index] ?? '', String(count)]);
  if (unread > 0) rows.push(['no certificate read yet', String(unread)]);
  return { type: 'table', columns: ['Ends', 'Monitors'], rows };
}

function issuerTable({ byIssuer, unread }: MonitorReport, total: number): Block[] {
  if (byIssuer.length === 0) return [];
  const rest = total - unread - byIssuer.reduce((sum, { count }) => sum + count, 0);
  const rows = byIssuer.map(({ issuer, count }) => [issuer, String(count)]);
  if (rest > 0) rows.push(['others', String(rest)]);
  return [{ type: 'table', columns: ['Issuer', 'Monitors'], rows }];
}

const COLUMNS = [
  'status',
  'days_left',
  'expires',
  'host',
  'port',
  'protocol',
  'server_name',
  'name',
  'profile',
  'groups',
  'tags',
  'issuer',
  'monitor',
] as const;

async function asCsv(context: CommandContext, which: MonitorQuery, total: number, title: string): Promise<Reply> {
  const { store } = context.deps;
  const { workspaceId, now } = context;
  const names = new Map<string, string>();
  for (const { id, name } of await store.profiles.list(workspaceId)) names.set(id, name);
  for (const { id, name } of await store.groups.list(workspaceId)) names.set(id, name);
  const lines = [csvLine(COLUMNS)];
  for (let from = 0; from < Math.min(total, MAX_CSV_LINES); from += READ_AT_ONCE) {
    const some = await store.monitors.list(workspaceId, which, READ_AT_ONCE, from);
    const issuers = await store.monitors.issuersOf(
      workspaceId,
      some.map(({ id }) => id),
    );
    lines.push(...some.map((monitor) => csvLine(cellsOf(monitor, names, issuers.get(monitor.id), now))));
  }
  const more = total - (lines.length - 1);
  return done({
    message: message('neutral', title, [
      { type: 'code', code: lines.join('\n') },
      ...(more > 0
        ? [
            text(
              `${String(more)} more are left out: ${String(MAX_CSV_LINES)} lines are the most. A filter gives a part.`,
            ),
          ]
        : []),
    ]),
  });
}

function cellsOf(monitor: Monitor, names: ReadonlyMap<string, string>, issuer: string | undefined, now: Date) {
  const { endpoint, expiresAt } = monitor;
  return [
    monitor.status,
    expiresAt === undefined ? '' : daysUntilExpiry(expiresAt, now),
    expiresAt?.toISOString() ?? '',
    endpoint.displayHost,
    endpoint.port,
    endpoint.protocol,
    endpoint.serverName,
    monitor.name ?? '',
    names.get(monitor.profileId) ?? '',
    monitor.groupIds.flatMap((id) => names.get(id) ?? []).join(' '),
    monitor.tags.join(' '),
    issuer ?? '',
    monitor.id,
  ];
}
