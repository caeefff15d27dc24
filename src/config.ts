/** Environment to settings. Everything wrong is reported at once, each with its remedy, before anything connects. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { AppError } from './core/errors.ts';

export interface Config {
  /** `undefined`: the embedded database under `dataDirectory`. */
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly roles: ReadonlySet<Role>;
  readonly probe: {
    readonly publicCaFile: string | undefined;
    readonly extraCaFile: string | undefined;
    readonly dnsServers: readonly string[] | undefined;
    readonly egressAllow: readonly string[];
    readonly egressDeny: readonly string[];
  };
  readonly slack: SlackConfig | undefined;
}

export interface SlackConfig {
  readonly signingSecret: string;
  readonly botToken: string;
  readonly apiUrl: string | undefined;
}

export type Role = 'chat' | 'worker';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Wrong settings: one line each, with what to do about it. */
export class ConfigError extends AppError {
  readonly code = 'config';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`${String(problems.length)} wrong setting${problems.length === 1 ? '' : 's'}`);
    this.problems = problems;
  }
}

/** Settings that certmon is meant to have and this version does not read: said at start, so that nobody relies on them. */
const NOT_READ_YET = [
  'CERTMON_METRICS_ADDR',
  'CERTMON_PUBLIC_URL',
  'CERTMON_ADMINS',
  'CERTMON_SECRET_KEY',
  'SLACK_APP_TOKEN',
  'SLACK_CLIENT_ID',
  'SLACK_CLIENT_SECRET',
  'MicrosoftAppId',
  'MicrosoftAppPassword',
  'MicrosoftAppTenantId',
  'MicrosoftAppType',
  'TEAMS_TENANTS',
  'TEAMS_DEV_ANONYMOUS',
] as const;

/** Names of settings that are set and have no effect yet. */
export function settingsWithoutEffect(env: NodeJS.ProcessEnv): string[] {
  return NOT_READ_YET.filter((name) => (env[name] ?? '') !== '');
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const cidrList = z.string().transform((text, context) => {
  const parts = list(text);
  for (const part of parts) {
    if (!ipaddr.isValidCIDR(part) && isIP(part) === 0) {
      context.addIssue({
        code: 'custom',
        message: `"${part}" is not a network; write networks such as 10.0.0.0/8,fd00::/8`,
      });
    }
  }
  return parts;
});

const dnsServers = z.string().transform((text, context) => {
  const parts = list(text);
  for (const part of parts) {
    const host = /^\[(.+)\](?::\d+)?$/.exec(part)?.[1] ?? (isIP(part) === 0 ? part.replace(/:\d+$/, '') : part);
    if (isIP(host) === 0) {
      context.addIssue({
        code: 'custom',
        message: `"${part}" is not an IP address; write addresses such as 9.9.9.9,10.0.0.2:5353,[2620:fe::fe]:53`,
      });
    }
  }
  return parts;
});

const pemFile = z.string().superRefine((path, context) => {
  try {
    if (readFileSync(path, 'utf8').includes('-----BEGIN CERTIFICATE-----')) return;
    context.addIssue({
      code: 'custom',
      message: `${path} holds no certificate in PEM; give a file with -----BEGIN CERTIFICATE----- blocks`,
    });
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    context.addIssue({
      code: 'custom',
      message: `${path} cannot be read (${reason}); give the path of a PEM file that this user may read`,
    });
  }
});

const roles = z.string().transform((text, context): ReadonlySet<Role> => {
  const parts = list(text);
  const known = parts.filter((part): part is Role => part === 'chat' || part === 'worker');
  if (known.length < parts.length || known.length === 0) {
    context.addIssue({
      code: 'custom',
      message: `"${text}" is not a list of roles; write chat, worker or chat,worker`,
    });
  }
  return new Set(known);
});

const databaseUrl = z.string().superRefine((text, context) => {
  const remedy = 'write postgres://user:password@host:5432/database, or leave it out for the embedded database';
  if (!URL.canParse(text)) context.addIssue({ code: 'custom', message: `it is not a URL; ${remedy}` });
  else if (!/^postgres(ql)?:$/.test(new URL(text).protocol))
    context.addIssue({ code: 'custom', message: `it is not a PostgreSQL URL; ${remedy}` });
});

const environment = z.object({
  DATABASE_URL: databaseUrl.optional(),
  CERTMON_DATA_DIR: z.string().default('./data'),
  PORT: z.coerce
    .number({ error: 'it is not a number; give a port from 0 to 65535, 3000 is usual' })
    .int('it is not a whole number; give a port from 0 to 65535')
    .min(0, 'it is below 0; give a port from 0 to 65535')
    .max(65_535, 'it is above 65535; give a port from 0 to 65535')
    .default(3000),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `it is none of ${LOG_LEVELS.join(', ')}; info is usual` }).optional(),
  CERTMON_ROLES: roles.default(new Set<Role>(['chat', 'worker'])),
  CERTMON_PUBLIC_CA_FILE: pemFile.optional(),
  CERTMON_EXTRA_CA_FILE: pemFile.optional(),
  CERTMON_DNS_SERVERS: dnsServers.optional(),
  CERTMON_EGRESS_ALLOW: cidrList.default([]),
  CERTMON_EGRESS_DENY: cidrList.default([]),
  SLACK_SIGNING_SECRET: z
    .string()
    .min(16, 'it is too short for a signing secret; copy it from "Basic Information" of your Slack app')
    .optional(),
  SLACK_BOT_TOKEN: z
    .string()
    .startsWith(
      'xoxb-',
      'it is not a bot token; copy the one that begins with xoxb- from "OAuth & Permissions" of your Slack app',
    )
    .optional(),
  SLACK_API_URL: z
    .url({ protocol: /^https?$/, error: 'it is not an http or https URL; leave it out for the real Slack' })
    .optional(),
});

/** Settings that are of use only together. Apart from the schema, which would not look at them while a field is wrong. */
function halfPairs(given: Readonly<Record<string, string | undefined>>): string[] {
  const pair = ['SLACK_SIGNING_SECRET', 'SLACK_BOT_TOKEN'] as const;
  const missing = pair.filter((name) => given[name] === undefined);
  if (missing.length !== 1) return [];
  const present = pair.filter((name) => given[name] !== undefined);
  return [`${missing.join()}: it is missing although ${present.join()} is set; set both for Slack, or neither`];
}

/**
 * The settings in `env`; a variable that is set to nothing counts as absent.
 *
 * @throws {ConfigError} with all that is wrong.
 */
export function loadConfig(env: NodeJS.ProcessEnv, defaultLogLevel: LogLevel = 'info'): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = environment.safeParse(given);
  const issues = result.success ? [] : result.error.issues;
  const problems = [...issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`), ...halfPairs(given)];
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  const settings = result.data;
  return {
    databaseUrl: settings.DATABASE_URL,
    dataDirectory: resolve(settings.CERTMON_DATA_DIR),
    port: settings.PORT,
    logLevel: settings.LOG_LEVEL ?? defaultLogLevel,
    roles: settings.CERTMON_ROLES,
    probe: {
      publicCaFile: settings.CERTMON_PUBLIC_CA_FILE,
      extraCaFile: settings.CERTMON_EXTRA_CA_FILE,
      dnsServers: settings.CERTMON_DNS_SERVERS,
      egressAllow: settings.CERTMON_EGRESS_ALLOW,
      egressDeny: settings.CERTMON_EGRESS_DENY,
    },
    slack:
      settings.SLACK_SIGNING_SECRET === undefined || settings.SLACK_BOT_TOKEN === undefined
        ? undefined
        : {
            signingSecret: settings.SLACK_SIGNING_SECRET,
            botToken: settings.SLACK_BOT_TOKEN,
            apiUrl: settings.SLACK_API_URL,
          },
  };
}
