/**
 * `certmon doctor`: everything that certmon depends on, looked at once, in plain words and with what to do about it. It
 * changes nothing, and works beside a certmon that runs as well as without one.
 */
import { examineSlack } from '../chat/slack/examine.ts';
import type { SlackExamination } from '../chat/slack/examine.ts';
import { counted } from '../core/counted.ts';
import { skipped } from '../core/diagnosis.ts';
import type { Diagnosis } from '../core/diagnosis.ts';
import { diagnoseClock } from './doctor/clock.ts';
import type { ClockReading } from './doctor/clock.ts';
import { diagnoseChannels, lookAtDatabase } from './doctor/database.ts';
import { diagnoseCas, diagnoseEgress, diagnoseResolver } from './doctor/probing.ts';
import { diagnosePublicAddress } from './doctor/public-address.ts';
import { readSettings } from './doctor/settings.ts';
import type { Settings } from './doctor/settings.ts';
import { createPen } from './output.ts';
import type { Output } from './output.ts';

export interface DoctorIo {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly signal: AbortSignal;
}

/** 0 all is well, 1 something might be better, 2 something does not work. */
type ExitCode = 0 | 1 | 2;

const SETTINGS_FIRST = 'Not looked at, since its settings are wrong.';

export async function runDoctor(isJson: boolean, { env, stdout, signal }: DoctorIo): Promise<ExitCode> {
  const diagnoses = await examine(readSettings(env), signal);
  const text = isJson ? `${JSON.stringify(diagnoses.map(toJson), undefined, 2)}\n` : textOf(diagnoses);
  await createPen(stdout).write(withoutSecrets(text, env));
  return exitCode(diagnoses);
}

async function examine(settings: Settings, signal: AbortSignal): Promise<Diagnosis[]> {
  const { store, probe, slack, publicUrl } = settings;
  const host = publicUrl?.ok === true ? new URL(publicUrl.value).hostname : undefined;
  const [database, resolver, onSlack, address] = await Promise.all([
    store === undefined
      ? { facts: undefined, diagnosis: skipped('Database', SETTINGS_FIRST) }
      : lookAtDatabase(store, signal),
    probe === undefined ? skipped('Resolver', SETTINGS_FIRST) : diagnoseResolver(probe, host, signal),
    slack.isSetUp ? examineSlack(slack, signal) : NO_SLACK,
    diagnosePublicAddress(publicUrl, slack.isSetUp && slack.appToken === undefined, signal),
  ]);
  return [
    ...settings.diagnoses,
    database.diagnosis,
    diagnoseClock(readings(database.facts, onSlack)),
    resolver,
    ...(probe === undefined
      ? [skipped('Public CAs', SETTINGS_FIRST), skipped('Egress', SETTINGS_FIRST)]
      : [diagnoseCas(probe), diagnoseEgress(probe, slack.isForMany)]),
    ...onSlack.diagnoses,
    ...(slack.isForMany ? [skipped('Slack tokens', 'Those of the installed workspaces are not looked at here.')] : []),
    address,
    ...diagnoseChannels(database.facts, slack.isSetUp),
  ];
}

const NO_SLACK: SlackExamination = {
  diagnoses: [skipped('Slack', 'Not set up: docs/slack.md tells how.')],
  aheadMs: undefined,
};

function readings(facts: Awaited<ReturnType<typeof lookAtDatabase>>['facts'], slack: SlackExamination): ClockReading[] {
  return [
    ...(facts?.state === 'there' ? [{ whose: 'the database', aheadMs: facts.aheadMs } as const] : []),
    ...(slack.aheadMs === undefined ? [] : [{ whose: 'Slack', aheadMs: slack.aheadMs } as const]),
  ];
}

function exitCode(diagnoses: readonly Diagnosis[]): ExitCode {
  if (diagnoses.some(({ outcome }) => outcome === 'fault')) return 2;
  return diagnoses.some(({ outcome }) => outcome === 'warning') ? 1 : 0;
}

const MARKS: Readonly<Record<Diagnosis['outcome'], string>> = { well: '✓', warning: '✗', fault: '✗', skipped: '–' };

function textOf(diagnoses: readonly Diagnosis[]): string {
  const [faults, warnings] = (['fault', 'warning'] as const).map(
    (one) => diagnoses.filter(({ outcome }) => outcome === one).length,
  );
  const lines = diagnoses.flatMap(({ check, outcome, message, remedy }) => [
    `${MARKS[outcome]} ${check}: ${outcome === 'warning' ? 'warning: ' : ''}${message}`,
    ...(remedy === undefined ? [] : [`    ${remedy}`]),
  ]);
  const verdict =
    faults === 0 && warnings === 0
      ? 'All is well.'
      : `${counted(faults ?? 0, 'fault')}, ${counted(warnings ?? 0, 'warning')}.`;
  return `${[...lines, '', verdict].join('\n')}\n`;
}

function toJson({ check, outcome, message, remedy }: Diagnosis): object {
  return { check, outcome, message, remedy: remedy ?? null };
}

/** Nothing here says one on purpose; what others answer is not ours, and is shown to whoever asks for help. */
function withoutSecrets(text: string, env: NodeJS.ProcessEnv): string {
  const secrets = Object.entries(env)
    .filter(([name]) => /TOKEN|SECRET|PASSWORD|CERTMON_SECRET_KEY/i.test(name))
    .flatMap(([, value = '']) => value.split(','))
    .concat(passwordIn(env.DATABASE_URL))
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
}

/** A shorter one would tear words apart, and hide nothing. */
const SHORTEST_SECRET = 6;

function passwordIn(url: string | undefined): string[] {
  if (url === undefined || !URL.canParse(url)) return [];
  const { password } = new URL(url);
  return [password, safelyDecoded(password)];
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}
