/** What certmon asks of a Slack workspace, and what does not work without it: as little as the code uses. */
export interface Scope {
  readonly name: string;
  /** Nothing works without it. */
  readonly isVital?: true;
  /** A whole sentence. */
  readonly without: string;
}

export const SCOPES: readonly Scope[] = [
  { name: 'commands', isVital: true, without: 'The command /certmon cannot be used.' },
  { name: 'chat:write', isVital: true, without: 'No alert can be sent.' },
  {
    name: 'chat:write.public',
    without: 'Alerts reach only the channels that certmon was invited to with /invite @certmon.',
  },
  {
    name: 'users:read',
    without: 'Nobody is known as an admin, a member or a guest of the workspace, so whoever has no role may only look.',
  },
];

/** Whoever installs the app may leave these out. */
export const OPTIONAL_SCOPES: readonly Scope[] = [
  {
    name: 'channels:history',
    without:
      'After a crash an alert in a public channel may stand there twice, since certmon cannot look whether it was sent.',
  },
  {
    name: 'groups:history',
    without:
      'After a crash an alert in a private channel may stand there twice, since certmon cannot look whether it was sent.',
  },
];
