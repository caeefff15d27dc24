import type { AuditSubject } from '../core/audit.ts';
import type { Clock, Log, Prober, ReadCas, Store, Stores } from '../core/ports.ts';

/** What the use cases work with; `app.ts` makes it once. */
export interface MonitoringDeps {
  readonly store: Store;
  readonly prober: Prober;
  readonly readCas: ReadCas;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 up to 1, for jitter. */
  readonly random: () => number;
  readonly newUuid: () => string;
}

/** Runs `work` in the transaction of whoever asked: a command's own bookkeeping commits with what it changes. */
export type Commit = <T>(work: (stores: Stores) => Promise<T>) => Promise<T>;

/** Writes down what a person did, in the transaction of the change. */
export type Note = (stores: Stores, action: string, subject: AuditSubject, detail?: string) => Promise<void>;
