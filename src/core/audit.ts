import type { Person } from './workspace.ts';

export type AuditSubjectKind =
  'monitor' | 'incident' | 'profile' | 'contact-group' | 'tag-filter' | 'digest' | 'settings';

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
