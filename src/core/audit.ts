import { monitorLabel } from './monitor.ts';
import type { Monitor } from './monitor.ts';
import type { Incident } from './incident.ts';
import type { Person } from './workspace.ts';

export type AuditSubjectKind =
  'monitor' | 'incident' | 'profile' | 'contact-group' | 'tag-filter' | 'digest' | 'settings';

/** Of monitors, those that make certmon look at another host: people who are no admins have a limit of them. */
export const NEW_TARGET_ACTIONS = ['added', 'moved'] as const;

/** One thing that a person did. */
export interface AuditEntry {
  readonly at: Date;
  readonly by: Person;
  /** Where it was asked, as people write it: `#ops`. */
  readonly place: string;
  /** A verb in the past: `added`, `acknowledged`. */
  readonly action: string;
  readonly subject: AuditSubject;
  /** What changed, in words; may be empty. */
  readonly detail: string;
}

export interface AuditSubject {
  readonly kind: AuditSubjectKind;
  readonly id: string;
  /** What it was called then. */
  readonly label: string;
}

export function monitorSubject(monitor: Pick<Monitor, 'id' | 'name' | 'endpoint'>): AuditSubject {
  return { kind: 'monitor', id: monitor.id, label: monitorLabel(monitor) };
}

export function incidentSubject({ id, number }: Pick<Incident, 'id' | 'number'>): AuditSubject {
  return { kind: 'incident', id, label: `#${String(number)}` };
}
