/** What a tag filter means, said once more and without SQL: the oracle for what the store makes of it. */
import type { Monitor } from '../../src/core/monitor.ts';
import type { TagFilter } from '../../src/core/tag-filter.ts';

const DAY_MS = 86_400_000;

export interface FilterSubject {
  readonly monitor: Monitor;
  readonly profile: string;
  readonly groups: readonly string[];
}

export function fits(filter: TagFilter, subject: FilterSubject, now: Date): boolean {
  const { monitor, profile, groups } = subject;
  switch (filter.type) {
    case 'and':
      return filter.terms.every((term) => fits(term, subject, now));
    case 'or':
      return filter.terms.some((term) => fits(term, subject, now));
    case 'not':
      return !fits(filter.term, subject, now);
    case 'tag':
      return monitor.tags.some((tag) => isSame(tag, filter.tag));
    case 'status':
      return monitor.status === filter.status;
    case 'protocol':
      return monitor.endpoint.protocol === filter.protocol;
    case 'host':
      return fitsGlob(filter.pattern, monitor.endpoint.host);
    case 'profile':
      return isSame(profile, filter.name);
    case 'group':
      return groups.some((group) => isSame(group, filter.name));
    case 'days': {
      if (monitor.expiresAt === undefined) return false;
      const left = Math.floor((monitor.expiresAt.getTime() - now.getTime()) / DAY_MS);
      const is = { '<': left < filter.days, '=': left === filter.days, '>': left > filter.days };
      return (['<', '=', '>'] as const).some((sign) => filter.comparison.includes(sign) && is[sign]);
    }
  }
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function fitsGlob(pattern: string, text: string): boolean {
  const [first] = pattern;
  if (first === undefined) return text === '';
  const rest = pattern.slice(1);
  if (first === '*') return fitsGlob(rest, text) || (text !== '' && fitsGlob(pattern, text.slice(1)));
  return text !== '' && (first === '?' || first === text[0]) && fitsGlob(rest, text.slice(1));
}
