/** What a SID's first two letters say it names. */
export const SID_PREFIX = {
  monitor: 'CM',
  profile: 'CP',
  'contact-group': 'CG',
  incident: 'CI',
  'tag-filter': 'CF',
} as const;

export type SidKind = keyof typeof SID_PREFIX;

/** The SID of a random UUID: two letters and 32 hex digits. */
export function toSid(kind: SidKind, uuid: string): string {
  return SID_PREFIX[kind] + uuid.replaceAll('-', '').toLowerCase();
}

/** Whether `text` can be a SID of this kind, or the start of one (at least two hex digits). */
export function looksLikeSid(kind: SidKind, text: string): boolean {
  return new RegExp(`^${SID_PREFIX[kind]}[0-9a-f]{2,32}$`, 'i').test(text);
}
