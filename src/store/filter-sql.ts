/**
 * A tag filter as a condition over `monitors` (design, section 6). Every value is a parameter, so that nothing in a filter
 * is ever read as SQL; no part of the condition is ever null, so that `not` has two values.
 */
import { sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import type { Comparison, TagFilter } from '../core/tag-filter.ts';
import { at } from './database.ts';
import { contactGroups, folded, monitorGroups, monitors, monitorTags, profiles } from './schema.ts';

const DAY_MS = 86_400_000;

/** Subqueries hang on nothing outside them: PostgreSQL reads each once, by its index, however the terms are combined. */
export function filterCondition(workspaceId: string, filter: TagFilter, now: Date): SQL {
  const condition = (one: TagFilter): SQL => filterCondition(workspaceId, one, now);
  switch (filter.type) {
    case 'and':
    case 'or':
      return sql`(${sql.join(filter.terms.map(condition), filter.type === 'and' ? sql` and ` : sql` or `)})`;
    case 'not':
      return sql`(not ${condition(filter.term)})`;
    case 'tag':
      return sql`(${monitors.id} in (select ${monitorTags.monitorId} from ${monitorTags}
        where ${monitorTags.workspaceId} = ${workspaceId} and ${isWord(monitorTags.tag, filter.tag)}))`;
    case 'status':
      return sql`(${monitors.status} = ${filter.status})`;
    case 'protocol':
      return sql`(${monitors.protocol} = ${filter.protocol})`;
    case 'host':
      return /[*?]/.test(filter.pattern)
        ? sql`(${monitors.host} like ${likePattern(filter.pattern)} escape '!')`
        : sql`(${monitors.host} = ${filter.pattern})`;
    case 'profile':
      return sql`(${monitors.profileId} in (select ${profiles.id} from ${profiles}
        where ${profiles.workspaceId} = ${workspaceId} and ${isWord(profiles.name, filter.name)}))`;
    case 'group':
      return sql`(${monitors.id} in (select ${monitorGroups.monitorId} from ${monitorGroups}
        join ${contactGroups} on ${contactGroups.id} = ${monitorGroups.groupId}
        where ${contactGroups.workspaceId} = ${workspaceId} and ${isWord(contactGroups.name, filter.name)}))`;
    case 'days':
      return sql`coalesce(${daysLeft(filter.comparison, filter.days, now)}, false)`;
  }
}

function isWord(column: Parameters<typeof folded>[0], word: string): SQL {
  return sql`${folded(column)} = ${folded(sql`${word}`)}`;
}

/** `!` takes the next character as it is: unlike a backslash it means the same whatever the server is set to. */
function likePattern(glob: string): string {
  return glob.replace(/[!%_]/g, '!$&').replaceAll('*', '%').replaceAll('?', '_');
}

/**
 * Whole days left, rounded down, as `list` shows them: at `now`, and not when the monitor was last checked. What is
 * compared is the instant, which has an index and no rounding.
 */
function daysLeft(comparison: Comparison, days: number, now: Date): SQL {
  const from = at(new Date(now.getTime() + days * DAY_MS));
  const until = at(new Date(now.getTime() + (days + 1) * DAY_MS));
  const { expiresAt } = monitors;
  switch (comparison) {
    case '<':
      return sql`${expiresAt} < ${from}`;
    case '<=':
      return sql`${expiresAt} < ${until}`;
    case '=':
      return sql`(${expiresAt} >= ${from} and ${expiresAt} < ${until})`;
    case '>=':
      return sql`${expiresAt} >= ${from}`;
    case '>':
      return sql`${expiresAt} >= ${until}`;
  }
}
