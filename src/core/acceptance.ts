import type { FindingCode } from './finding.ts';
import type { IncidentKey } from './incident.ts';
import type { Person } from './workspace.ts';

/** A fault that somebody knows and wants: it opens no incident until `until`. */
export interface Acceptance {
  readonly key: IncidentKey;
  readonly code: FindingCode;
  readonly until: Date;
  readonly reason: string;
  readonly by: Person;
  readonly at: Date;
}
