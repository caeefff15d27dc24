/** Who is told: a name, and the channels it is mapped to, on any platform. */
export interface ContactGroup {
  /** `CG` and 32 hex digits. */
  readonly id: string;
  readonly workspaceId: string;
  /** Unique in the workspace, whatever the case. */
  readonly name: string;
  readonly channelIds: readonly string[];
}
