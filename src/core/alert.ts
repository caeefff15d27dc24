/** What an alert says, before any platform gives it a shape: the head (the current truth) and the thread (the history). */
import type { MentionTarget } from './contact-group.ts';
import type { Severity } from './finding.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** A part of a thread post: one certificate, one address, one verdict. */
export interface DetailSection {
  readonly title: string;
  readonly facts: readonly Fact[];
  /** Kept as it is, in fixed width: a PEM. */
  readonly code?: string;
}

/** What can be done from an alert; the platform makes a button, or a choice for `snooze`. */
export type AlertAction = 'acknowledge' | 'unacknowledge' | 'snooze' | 'unsnooze' | 'check' | 'details';

/** Common to all alerts, for programs and for the notification text. All strings may hold hostile text. */
interface AlertBase {
  readonly incident: { readonly id: string; readonly number: number };
  readonly severity: Severity;
  readonly status: 'open' | 'resolved';
  readonly acknowledgedBy: string | undefined;
  /** Whom a new post calls. */
  readonly mentions: readonly MentionTarget[];
  /** The monitors in it, by id. */
  readonly monitorIds: readonly string[];
  /** Reads well as a notification: what, host, days. */
  readonly title: string;
}

/** The first message of a thread, edited in place: what is so now, with its evidence kept after recovery. */
export interface HeadAlert extends AlertBase {
  readonly kind: 'head';
  /** One paragraph a finding. */
  readonly problems: readonly string[];
  readonly nextStep: string | undefined;
  readonly facts: readonly Fact[];
  /** Every monitor touched, as `label (addresses)`, the platform shows the first few and a count. */
  readonly hosts: readonly string[];
  /** `Acknowledged by Ann at …`, `Silent until …`, `Resolved: …`. */
  readonly state: readonly string[];
  readonly actions: readonly AlertAction[];
}

/** One reply in the thread: what happened, when, by whom. */
export interface ThreadAlert extends AlertBase {
  readonly kind: 'thread';
  readonly lines: readonly string[];
  readonly sections: readonly DetailSection[];
  /** Also shown in the channel itself: only what got worse. */
  readonly broadcast: boolean;
}

/** A message outside any incident: to the admins, or a test of a contact group. */
export interface NoticeAlert {
  readonly kind: 'notice';
  readonly severity: Severity;
  readonly title: string;
  readonly lines: readonly string[];
}

export type AlertContent = HeadAlert | ThreadAlert | NoticeAlert;
