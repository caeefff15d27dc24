/**
 * What we say, on any platform: plain values that each adapter only renders. Every string is plain text and may be
 * hostile (a peer's subject, a person's label): the adapter escapes all of it. Emphasis is structure, never markup.
 */
import type { MentionTarget } from '../core/contact-group.ts';
import type { Severity } from '../core/finding.ts';
import type { ProbeReport } from '../core/probe-report.ts';

/** Plain text, or a part of a line that stands out. `command` is something to type, shown with the platform's prefix. */
export type Span =
  | string
  | { readonly bold: string }
  | { readonly code: string }
  | { readonly command: string }
  /** Calls a person or a team, where the platform is theirs: the only thing that pings anybody. */
  | { readonly mention: MentionTarget };

/** One paragraph or line. */
export type Text = Span | readonly Span[];

export type Block =
  | {
      readonly type: 'text';
      readonly text: Text;
      /** How it stands now: a platform may show it right under the title, where it is seen without reading on. */
      readonly isState?: true;
    }
  | { readonly type: 'facts'; readonly facts: readonly { readonly label: string; readonly value: string }[] }
  | { readonly type: 'list'; readonly items: readonly Text[] }
  | { readonly type: 'table'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  /** Kept as it is, in fixed width. */
  | { readonly type: 'code'; readonly code: string }
  /** Small print: where it comes from, what else can be done. */
  | { readonly type: 'note'; readonly text: Text };

/** A button says a command line in its presser's name; a choice says the line of the option chosen. */
export type Action =
  | { readonly type: 'button'; readonly label: string; readonly command: string; readonly style?: 'primary' | 'danger' }
  | {
      readonly type: 'choice';
      readonly label: string;
      readonly options: readonly { readonly label: string; readonly command: string }[];
    };

export interface Message {
  readonly tone: Severity | 'good' | 'neutral';
  /** Reads well alone, as a notification. */
  readonly title: string;
  readonly blocks: readonly Block[];
  /** What else the title is to show at a glance, by a sign where the platform has some; the words are in the blocks. */
  readonly standing?: readonly ('acknowledged' | 'silent')[];
  readonly actions: readonly Action[];
}

/** The answer to one command. */
export interface Reply {
  /** False: nothing was changed, and the message says what was wrong. */
  readonly ok: boolean;
  readonly message: Message;
  /** `person`: only who asked sees it, where the platform can; `channel`: it concerns others. */
  readonly audience: 'person' | 'channel';
  // For programs (`console --json`).
  readonly monitors: readonly string[];
  readonly incident:
    { readonly number: number; readonly severity: Severity; readonly acknowledgedBy: string | undefined } | undefined;
  /** A monitor's status, or `open`/`resolved` of an incident. */
  readonly status: string | undefined;
  readonly probe: ProbeReport | undefined;
}
