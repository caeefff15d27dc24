/** Environment to settings. Everything wrong is reported at once, each with its remedy, before anything connects. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from './core/errors.ts';
import type { PersonId } from './core/workspace.ts';
import { parseNetwork } from './probe/egress.ts';
import { slackConfig, slackEnvironment, wrongForSlack } from './slack-settings.ts';
import type { SlackConfig } from './slack-settings.ts';

export interface Config extends StoreConfig {
  readonly port: number;
  readonly roles: ReadonlySet<Role>;
  readonly probe: ProbeConfig;
  readonly slack: SlackConfig | undefined;
  /** Strangers may share this certmon: it looks at no private address of its own network for them. */
  readonly servesManyWorkspaces: boolean;
  /** What stored secrets are encrypted with, the first, and read with, any. */
  readonly secretKeys: readonly string[];
  /** Admins of every workspace. */
  readonly admins: readonly PersonId[];
}

/** All that bringing the database up to date needs. */
export interface StoreConfig {
  /** `undefined`: the embedded database under `dataDirectory`. */
  readonly databaseUrl: string | undefined;
  readonly dataDirectory: string;
  readonly logLevel: LogLevel;
}

/** All that a probe needs. */
export interface ProbeConfig {
  readonly publicCaFile: string | undefined;
  readonly extraCaFile: string | undefined;
  readonly dnsServers: readonly string[] | undefined;
  readonly egressAllow: readonly string[];
  readonly egressDeny: readonly string[];
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
    if (parseNetwork(part) === undefined) {
      context.addIssue({
        code: 'custom',
        message: `"${part}" is not a network; write networks such as 10.0.0.0/8,fd00::/8`,
      });
    }
  }
  if (parts.length === 0)
    context.addIssue({ code: 'custom', message: 'it names no network; write one, or leave it out' });
  return parts;
});

const dnsServers = z.string().transform((text, context) => {
  const parts = list(text);
  for (const part of parts) {
    const { host, port } = dnsServerParts(part);
    const wrong =
      isIP(host) === 0 ? 'an IP address' : isPort(port) ? undefined : 'an address with a port from 1 to 65535';
    if (wrong !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `"${part}" is not ${wrong}; write addresses such as 9.9.9.9,10.0.0.2:5353,[2620:fe::fe]:53`,
      });
    }
  }
  if (parts.length === 0) {
    context.addIssue({
      code: 'custom',
      message: 'it names no server; write one, or leave it out for those of the system',
    });
  }
  return parts;
});

/** An IPv6 address needs brackets where a port follows. */
function dnsServerParts(text: string): { host: string; port: string | undefined } {
  if (isIP(text) !== 0) return { host: text, port: undefined };
  const [, inBrackets, bare, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
  return { host: inBrackets ?? bare ?? '', port };
}

/** Node's resolver ends the process over a port of 0. */
function isPort(text: string | undefined): boolean {
  return text === undefined || (/^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535);
}

const PEM_BEGIN = '-----BEGIN CERTIFICATE-----';
const PEM_END = '-----END CERTIFICATE-----';

const pemFile = z.string().superRefine((path, context) => {
  try {
    const [, ...blocks] = readFileSync(path, 'utf8').split(PEM_BEGIN);
    if (blocks.length === 0) {
      context.addIssue({
        code: 'custom',
        message: `${path} holds no certificate in PEM; give a file with ${PEM_BEGIN} blocks`,
      });
    }
    for (const [index, block] of blocks.entries()) {
      if (isCertificate(block)) continue;
      context.addIssue({
        code: 'custom',
        message: `certificate ${String(index + 1)} of ${String(blocks.length)} in ${path} cannot be read; replace that block, or take it out`,
      });
    }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    context.addIssue({
      code: 'custom',
      message: `${path} cannot be read (${reason}); give the path of a PEM file that this user may read`,
    });
  }
});

/** What stands between `PEM_BEGIN` and the next one. */
function isCertificate(block: string): boolean {
  const end = block.indexOf(PEM_END);
  if (end === -1) return false;
  try {
    new X509Certificate(`${PEM_BEGIN}${block.slice(0, end)}${PEM_END}\n`);
    return true;
  } catch {
    // OpenSSL tells in many codes that it cannot read something, and nothing else is asked of it here.
    return false;
  }
}

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

/** How each platform writes who somebody is: a member ID, and an object ID of Entra. */
const ADMIN = /^(?:(slack):([UW][A-Z0-9]{5,20})|(teams):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))$/i;

const admins = z.string().transform((text, context): PersonId[] => {
  const people: PersonId[] = [];
  for (const part of list(text)) {
    const [, slack, memberId = '', teams, objectId = ''] = ADMIN.exec(part) ?? [];
    if (slack !== undefined) people.push({ platform: 'slack', externalId: memberId.toUpperCase() });
    else if (teams !== undefined) people.push({ platform: 'teams', externalId: objectId.toLowerCase() });
    else context.addIssue({ code: 'custom', message: `"${part}" is nobody's id; ${adminRemedy(part)}` });
  }
  if (list(text).length === 0)
    context.addIssue({ code: 'custom', message: 'it names nobody; write slack:U012ABCDE, or leave it out' });
  return people;
});

function adminRemedy(part: string): string {
  if (/^console:/i.test(part)) return 'leave it out: whoever sits at the console is an admin';
  if (/^teams:/i.test(part)) return 'write teams: and the Object ID that Microsoft Entra shows for the user';
  const slack = 'write slack: and the member ID, such as slack:U012ABCDE, which is under ⋮ in the profile in Slack';
  return /^slack:/i.test(part) ? slack : `${slack}, or teams: and the Object ID of Microsoft Entra`;
}

/** As of 32 random bytes in base64; a short one could be guessed by whoever has a copy of the database. */
const MIN_SECRET_KEY_CHARS = 32;

const secretKeys = z.string().transform((text, context): string[] => {
  const keys = list(text);
  const short = keys.some((key) => key.length < MIN_SECRET_KEY_CHARS);
  if (short || keys.length === 0) {
    context.addIssue({
      code: 'custom',
      message: `a key has fewer than ${String(MIN_SECRET_KEY_CHARS)} characters; make one with: openssl rand -base64 32. Two keys are written new,old`,
    });
  }
  return keys;
});

const publicUrl = z.string().transform((text, context): string => {
  const remedy = 'write the address at which people reach certmon, such as https://certmon.example.com';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOwnMachine = url !== undefined && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  const isWeb = url?.protocol === 'https:' || (url?.protocol === 'http:' && isOwnMachine);
  if (!isWeb) context.addIssue({ code: 'custom', message: `it is not an https URL; ${remedy}` });
  else if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    context.addIssue({ code: 'custom', message: `it has more than a host, a port and a path; ${remedy}` });
  return text.replace(/\/+$/, '');
});

const databaseUrl = z.string().superRefine((text, context) => {
  const remedy = 'write postgres://user:password@host:5432/database, or leave it out for the embedded database';
  if (!URL.canParse(text)) context.addIssue({ code: 'custom', message: `it is not a URL; ${remedy}` });
  else if (!/^postgres(ql)?:$/.test(new URL(text).protocol))
    context.addIssue({ code: 'custom', message: `it is not a PostgreSQL URL; ${remedy}` });
});

const storeEnvironment = z.object({
  DATABASE_URL: databaseUrl.optional(),
  CERTMON_DATA_DIR: z.string().default('./data'),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `it is none of ${LOG_LEVELS.join(', ')}; info is usual` }).optional(),
});

const probeEnvironment = z.object({
  CERTMON_PUBLIC_CA_FILE: pemFile.optional(),
  CERTMON_EXTRA_CA_FILE: pemFile.optional(),
  CERTMON_DNS_SERVERS: dnsServers.optional(),
  CERTMON_EGRESS_ALLOW: cidrList.default([]),
  CERTMON_EGRESS_DENY: cidrList.default([]),
});

const environment = z.object({
  ...storeEnvironment.shape,
  ...probeEnvironment.shape,
  PORT: z.coerce
    .number({ error: 'it is not a number; give a port from 0 to 65535, 3000 is usual' })
    .int('it is not a whole number; give a port from 0 to 65535')
    .min(0, 'it is below 0; give a port from 0 to 65535')
    .max(65_535, 'it is above 65535; give a port from 0 to 65535')
    .default(3000),
  CERTMON_ROLES: roles.default(new Set<Role>(['chat', 'worker'])),
  CERTMON_ADMINS: admins.default([]),
  CERTMON_SECRET_KEY: secretKeys.default([]),
  CERTMON_PUBLIC_URL: publicUrl.optional(),
  ...slackEnvironment,
});

/** A variable that is set to nothing counts as absent. */
function givenIn(env: NodeJS.ProcessEnv): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

/** @throws {ConfigError} with all that is wrong, `alsoWrong` too. */
function read<T>(
  schema: z.ZodType<T>,
  given: Readonly<Record<string, string | undefined>>,
  alsoWrong: readonly string[],
): T {
  const result = schema.safeParse(given);
  const issues = result.success ? [] : result.error.issues;
  const problems = [...issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`), ...alsoWrong];
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  return result.data;
}

/**
 * The settings of the service; a variable that is set to nothing counts as absent.
 *
 * @throws {ConfigError} with all that is wrong.
 */
export function loadConfig(env: NodeJS.ProcessEnv, defaultLogLevel: LogLevel = 'info'): Config {
  const given = givenIn(env);
  const settings = read(environment, given, wrongForSlack(given));
  return {
    ...storeConfig(settings, defaultLogLevel),
    port: settings.PORT,
    roles: settings.CERTMON_ROLES,
    probe: probeConfig(settings),
    admins: settings.CERTMON_ADMINS,
    slack: slackConfig(settings, settings.CERTMON_PUBLIC_URL),
    servesManyWorkspaces: settings.SLACK_CLIENT_ID !== undefined,
    secretKeys: settings.CERTMON_SECRET_KEY,
  };
}

/**
 * What the database alone needs: nothing else in `env` is looked at.
 *
 * @throws {ConfigError}
 */
export function loadStoreConfig(env: NodeJS.ProcessEnv, defaultLogLevel: LogLevel): StoreConfig {
  return storeConfig(read(storeEnvironment, givenIn(env), []), defaultLogLevel);
}

/**
 * What a probe alone needs: nothing else in `env` is looked at.
 *
 * @throws {ConfigError}
 */
export function loadProbeConfig(env: NodeJS.ProcessEnv): ProbeConfig {
  return probeConfig(read(probeEnvironment, givenIn(env), []));
}

function storeConfig(settings: z.infer<typeof storeEnvironment>, defaultLogLevel: LogLevel): StoreConfig {
  return {
    databaseUrl: settings.DATABASE_URL,
    dataDirectory: resolve(settings.CERTMON_DATA_DIR),
    logLevel: settings.LOG_LEVEL ?? defaultLogLevel,
  };
}

function probeConfig(settings: z.infer<typeof probeEnvironment>): ProbeConfig {
  return {
    publicCaFile: settings.CERTMON_PUBLIC_CA_FILE,
    extraCaFile: settings.CERTMON_EXTRA_CA_FILE,
    dnsServers: settings.CERTMON_DNS_SERVERS,
    egressAllow: settings.CERTMON_EGRESS_ALLOW,
    egressDeny: settings.CERTMON_EGRESS_DENY,
  };
}
