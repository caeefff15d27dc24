import type { PlatformName } from './workspace.ts';
import type { WeeklyHours } from './weekly-hours.ts';

/** Who is told: a name, the channels it is mapped to on any platform, and when these may be spoken to. */
export interface ContactGroup {
  /** `CG` and 32 hex digits. */
  readonly id: string;
  readonly workspaceId: string;
  /** Unique in the workspace, whatever the case. */
  readonly name: string;
  readonly mappings: readonly GroupMapping[];
  /** IANA name; `undefined`: the workspace's. */
  readonly timeZone: string | undefined;
  /** When it is open; `undefined`: always. */
  readonly hours: WeeklyHours | undefined;
  /** What is critical is told whatever the hours. */
  readonly criticalThrough: boolean;
  /** Whom a new post calls, from which severity on; `undefined`: nobody. */
  readonly mention: { readonly who: readonly MentionTarget[]; readonly on: 'critical' | 'warning' } | undefined;
  /** The group that is told too while an incident stays critical and nobody has acknowledged it. */
  readonly escalation: { readonly groupId: string; readonly afterMs: number } | undefined;
}

/** A channel that a group leads to. Every monitor that names the group does; so does any other that `filter` fits. */
export interface GroupMapping {
  readonly channelId: string;
  /** A filter's text; `undefined`: only those that name the group. */
  readonly filter: string | undefined;
}

/** A person or team to be called, on the platform where they were named. */
export interface MentionTarget {
  readonly platform: PlatformName;
  /** The platform's id; `undefined` where it was only text, as on the console. */
  readonly externalId: string | undefined;
  /** As it was typed: `@oncall`. */
  readonly text: string;
}
