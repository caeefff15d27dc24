/** What a monitor was seen to serve: enough to tell a renewal from a stranger, and two certificates in turns. */
export interface Served {
  /** The leaves of each address, the one seen last first. */
  readonly leaves: readonly KnownLeaf[];
  /** A change that is told until somebody acknowledges it, or a week has passed. */
  readonly change: PendingChange | undefined;
}

export interface KnownLeaf {
  readonly address: string;
  readonly fingerprint: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** When it was seen again after another leaf had taken its place; `undefined`: never. */
  readonly returnedAt: Date | undefined;
}

export interface PendingChange {
  /** Fingerprints. */
  readonly from: string;
  readonly to: string;
  readonly at: Date;
}
