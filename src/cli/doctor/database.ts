/** The database, and what is kept in it of channels. */
import { AppError, DatabaseAwayError } from '../../core/errors.ts';
import { counted } from '../../core/counted.ts';
import { fault, skipped, warning, well } from '../../core/diagnosis.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';
import { visible } from '../../core/quote.ts';
import { channelLabel } from '../../core/workspace.ts';
import type { Channel } from '../../core/workspace.ts';
import type { StoreConfig } from '../../config.ts';
import { examineDatabase } from '../../store/examine.ts';
import type { DatabaseFacts, WorkspaceFacts } from '../../store/examine.ts';

const DATABASE = 'Database';
const CHANNELS = 'Channels';

/** What the embedded database is good for (design, section 8). */
const EMBEDDED_MONITORS = 2_000;
const LIMITS = `It survives a killed process but not a power cut, and is good to about ${EMBEDDED_MONITORS.toLocaleString('en')} monitors.`;

/** `undefined` where it could not be looked at: the diagnosis says why. */
export async function lookAtDatabase(
  config: StoreConfig,
  signal: AbortSignal,
): Promise<{ readonly facts: DatabaseFacts | undefined; readonly diagnosis: Diagnosis }> {
  try {
    const facts = await examineDatabase(config, signal);
    return { facts, diagnosis: diagnose(facts, config) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { facts: undefined, diagnosis: trouble(error, config) };
  }
}

function trouble(error: AppError, { databaseUrl }: StoreConfig): Diagnosis {
  // Many of them say what is wrong and, behind a semicolon, what to do.
  const [message = '', ...remedies] = error.message.split('; ');
  const remedy = remedies.join('; ');
  const [what, where] = [databaseUrl === undefined ? 'The embedded database' : 'PostgreSQL', addressOf(databaseUrl)];
  return fault(
    DATABASE,
    `${what}${where}: ${visible(message)}.`,
    remedy !== ''
      ? `${visible(remedy)}.`
      : error instanceof DatabaseAwayError && databaseUrl !== undefined
        ? 'Start the server, or set DATABASE_URL to where it is. certmon waits for it meanwhile.'
        : 'Restart certmon.',
  );
}

/** Host and port alone: the rest of the URL holds a password. */
function addressOf(databaseUrl: string | undefined): string {
  return databaseUrl === undefined ? '' : ` at ${visible(new URL(databaseUrl).host)}`;
}

function diagnose(facts: DatabaseFacts, { databaseUrl, dataDirectory }: StoreConfig): Diagnosis {
  if (facts.state === 'not-made') {
    return skipped(DATABASE, `The embedded database in ${dataDirectory} is made by the first start. ${LIMITS}`);
  }
  const { version, ownerPid, migrations, contents } = facts;
  const isEmbedded = databaseUrl === undefined;
  const place = isEmbedded ? `The embedded database in ${dataDirectory}` : `PostgreSQL${addressOf(databaseUrl)}`;
  const state = [
    `version ${visible(version)}`,
    ...(ownerPid === undefined ? [] : [`in use by certmon, process ${String(ownerPid)}`]),
  ].join(', ');
  if (migrations.isNewer) {
    return fault(
      DATABASE,
      `${place} (${state}) was made by a newer certmon.`,
      'Run that version, or restore a backup.',
    );
  }
  if (migrations.missing > 0) {
    return warning(
      DATABASE,
      `${place} (${state}) is not up to date: ${counted(migrations.missing, 'migration')} missing.`,
      'certmon migrate applies them, and so does certmon start. Back it up before.',
    );
  }
  const monitors = contents?.monitors ?? 0;
  const said = `${place} (${state}) is up to date and holds ${counted(monitors, 'monitor')}.`;
  if (!isEmbedded) return well(DATABASE, said);
  return monitors > EMBEDDED_MONITORS
    ? warning(DATABASE, `${said} ${LIMITS}`, 'Move to PostgreSQL: set DATABASE_URL.')
    : well(DATABASE, `${said} ${LIMITS}`);
}

/** @param isChatSetUp whether anybody is to hear of anything but at the console. */
export function diagnoseChannels(facts: DatabaseFacts | undefined, isChatSetUp: boolean): Diagnosis[] {
  if (facts?.state !== 'there' || facts.contents === undefined) {
    return [skipped(CHANNELS, 'Not looked at, since there is no database to read yet.')];
  }
  const { workspaces } = facts.contents;
  if (workspaces.length === 0) return [skipped(CHANNELS, 'There are none yet.')];
  return workspaces.flatMap((workspace) => ofWorkspace(workspace, workspaces.length > 1, isChatSetUp));
}

function ofWorkspace(
  { name, fallback, admins, dead }: WorkspaceFacts,
  isOneOfMany: boolean,
  isChatSetUp: boolean,
): Diagnosis[] {
  const where = isOneOfMany ? ` of workspace ${visible(name)}` : '';
  const role = (check: string, channel: Channel | undefined, command: string, use: string): Diagnosis => {
    if (channel === undefined) {
      const message = `None is set${where}. ${use}`;
      return isChatSetUp ? warning(check, message, `Write ${command} #channel.`) : skipped(check, message);
    }
    return channel.deadReason === undefined
      ? well(check, `${visible(channelLabel(channel))}${where}, and nothing speaks against it.`)
      : fault(check, deadText(channel, where), `Mend it there, or write ${command} with another #channel.`);
  };
  const named = [fallback?.id, admins?.id];
  return [
    role('Fallback channel', fallback, 'settings fallback', 'Alerts go there that cannot go where they should.'),
    role("Admins' channel", admins, 'settings admins', 'certmon tells there of itself; else in the fallback channel.'),
    ...dead
      .filter(({ id }) => !named.includes(id))
      .map((channel) =>
        fault(
          CHANNELS,
          deadText(channel, where),
          `Mend it there, then write group map GROUP #${visible(channel.name)} again.`,
        ),
      ),
  ];
}

function deadText(channel: Channel, where: string): string {
  return `Nothing can be sent to ${visible(channelLabel(channel))}${where}: ${visible(channel.deadReason ?? '')}.`;
}
