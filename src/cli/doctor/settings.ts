/** What the environment sets: all that is wrong with it, and the parts that can be looked at all the same. */
import { ConfigError, loadConfig, loadProbeConfig, loadStoreConfig, settingsWithoutEffect } from '../../config.ts';
import type { ProbeConfig, StoreConfig } from '../../config.ts';
import { fault, warning, well } from '../../core/diagnosis.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';
import type { Parsed } from '../../core/errors.ts';
import { visible } from '../../core/quote.ts';
import { parsePublicUrl } from '../../public-url.ts';

const SETTINGS = 'Settings';

export interface Settings {
  readonly diagnoses: readonly Diagnosis[];
  /** `undefined` where its settings are wrong. */
  readonly store: StoreConfig | undefined;
  readonly probe: ProbeConfig | undefined;
  readonly publicUrl: Parsed<string> | undefined;
  readonly slack: {
    readonly isSetUp: boolean;
    readonly botToken: string | undefined;
    readonly appToken: string | undefined;
    /** `undefined` too where it is no URL. */
    readonly apiUrl: string | undefined;
    readonly isForMany: boolean;
  };
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const given = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const [botToken, appToken, apiUrl] = [given('SLACK_BOT_TOKEN'), given('SLACK_APP_TOKEN'), given('SLACK_API_URL')];
  const publicUrl = given('CERTMON_PUBLIC_URL');
  const isForMany = given('SLACK_CLIENT_ID') !== undefined;
  return {
    diagnoses: diagnose(env),
    store: readable(() => loadStoreConfig(env, 'silent')),
    probe: readable(() => loadProbeConfig(env)),
    publicUrl: publicUrl === undefined ? undefined : parsePublicUrl(publicUrl),
    slack: {
      isSetUp: botToken !== undefined || appToken !== undefined || isForMany,
      botToken,
      appToken,
      apiUrl: apiUrl !== undefined && URL.canParse(apiUrl) ? apiUrl : undefined,
      isForMany,
    },
  };
}

function diagnose(env: NodeJS.ProcessEnv): Diagnosis[] {
  const problems = problemsOf(() => loadConfig(env));
  const unread = settingsWithoutEffect(env);
  return [
    ...problems.map((problem) => {
      const [message = '', ...remedies] = visible(problem).split('; ');
      return fault(SETTINGS, `${message}.`, sentence(remedies.join('; ') || 'set it right, or leave it out'));
    }),
    ...(unread.length === 0
      ? []
      : [
          warning(
            SETTINGS,
            `${unread.join(', ')}: set, and without effect in this version.`,
            'Do not rely on it; leave it out.',
          ),
        ]),
    ...(problems.length + unread.length === 0 ? [well(SETTINGS, 'All can be read.')] : []),
  ];
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

function readable<T>(load: () => T): T | undefined {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return undefined;
  }
}
