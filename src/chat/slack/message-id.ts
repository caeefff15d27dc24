/**
 * A message's id is its `ts`. One posted to a person lies in a chat that Slack opened for it and that only its answer
 * names; edits need that chat's id, so it stands before the `ts`: `D024BE91L/1355517523.000005`.
 */
export function messageIdOf(askedFor: string, postedIn: unknown, ts: string): string {
  return typeof postedIn === 'string' && postedIn !== askedFor ? `${postedIn}/${ts}` : ts;
}

/** @param channelId where the message was asked to be. */
export function placeOf(channelId: string, messageId: string): { readonly channel: string; readonly ts: string } {
  const [first = '', second] = messageId.split('/');
  return second === undefined ? { channel: channelId, ts: first } : { channel: first, ts: second };
}
