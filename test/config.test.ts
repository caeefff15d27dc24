import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, loadProbeConfig, loadStoreConfig, settingsWithoutEffect } from '../src/config.ts';
import { createAuthority } from '../src/demo/authority.ts';

let directory: string;
let noPem: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certmon-config-'));
  noPem = join(directory, 'empty.pem');
  await writeFile(noPem, 'nothing here');
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('an empty environment is enough, and what is set to nothing counts as absent', () => {
    const config = loadConfig({ PORT: '', DATABASE_URL: '', SLACK_BOT_TOKEN: '' });

    expect(config).toMatchObject({ databaseUrl: undefined, port: 3000, logLevel: 'info', slack: undefined });
    expect(config.dataDirectory).toMatch(/\/data$/);
    expect([...config.roles]).toEqual(['chat', 'worker']);
  });

  it('reads lists and pairs', () => {
    const config = loadConfig({
      CERTMON_EGRESS_ALLOW: '127.0.0.0/8, ::1',
      CERTMON_DNS_SERVERS: '9.9.9.9,127.0.0.1:5353,[::1]:53,2620:fe::fe',
      CERTMON_ROLES: 'worker',
      CERTMON_ADMINS: 'slack:u012abcde, teams:0F8FAD5B-D9CB-469F-A165-70867728950E',
      SLACK_SIGNING_SECRET: '0123456789abcdef',
      SLACK_BOT_TOKEN: 'xoxb-1',
    });

    expect(config.probe.egressAllow).toEqual(['127.0.0.0/8', '::1']);
    expect(config.probe.dnsServers).toEqual(['9.9.9.9', '127.0.0.1:5353', '[::1]:53', '2620:fe::fe']);
    expect([...config.roles]).toEqual(['worker']);
    expect(config.admins).toEqual([
      { platform: 'slack', externalId: 'U012ABCDE' },
      { platform: 'teams', externalId: '0f8fad5b-d9cb-469f-a165-70867728950e' },
    ]);
    expect(config.slack).toEqual({
      hears: { type: 'http', signingSecret: '0123456789abcdef' },
      speaks: { type: 'token', botToken: 'xoxb-1' },
      apiUrl: undefined,
    });
  });

  it.each([
    { name: 'DATABASE_URL', value: 'mysql://h/d', says: /not a PostgreSQL URL; write postgres:/ },
    { name: 'DATABASE_URL', value: 'nonsense', says: /not a URL; write postgres:/ },
    { name: 'CERTMON_ADMINS', value: ', ,', says: /names nobody; write slack:/ },
    { name: 'CERTMON_ADMINS', value: 'ann', says: /"ann" is nobody's id; write slack: and the member ID.*or teams:/ },
    {
      name: 'CERTMON_ADMINS',
      value: 'slack:@ann',
      says: /"slack:@ann" is nobody's id; write slack: and the member ID/,
    },
    { name: 'CERTMON_ADMINS', value: 'teams:ann', says: /"teams:ann" is nobody's id; write teams: and the Object ID/ },
    { name: 'CERTMON_ADMINS', value: 'console:ann', says: /leave it out: whoever sits at the console is an admin/ },
    { name: 'PORT', value: 'abc', says: /not a number; give a port/ },
    { name: 'PORT', value: '70000', says: /above 65535/ },
    { name: 'PORT', value: '-1', says: /below 0/ },
    { name: 'LOG_LEVEL', value: 'loud', says: /none of fatal, error, warn, info/ },
    { name: 'CERTMON_ROLES', value: 'chat,cook', says: /write chat, worker or chat,worker/ },
    { name: 'CERTMON_EGRESS_ALLOW', value: '10.0.0.0/33', says: /"10.0.0.0\/33" is not a network/ },
    { name: 'CERTMON_EGRESS_DENY', value: 'intranet', says: /"intranet" is not a network/ },
    { name: 'CERTMON_EGRESS_DENY', value: '10/8', says: /"10\/8" is not a network; write networks such as/ },
    { name: 'CERTMON_EGRESS_DENY', value: '10.0/8', says: /"10.0\/8" is not a network/ },
    { name: 'CERTMON_EGRESS_DENY', value: '010.0.0.0/8', says: /"010.0.0.0\/8" is not a network/ },
    { name: 'CERTMON_EGRESS_DENY', value: ',', says: /names no network/ },
    { name: 'CERTMON_DNS_SERVERS', value: '1.1.1.1:0', says: /with a port from 1 to 65535/ },
    { name: 'CERTMON_DNS_SERVERS', value: '[::1]:65536', says: /with a port from 1 to 65535/ },
    { name: 'CERTMON_DNS_SERVERS', value: '1.1.1.1:', says: /with a port from 1 to 65535/ },
    { name: 'CERTMON_DNS_SERVERS', value: ' , ', says: /names no server/ },
    { name: 'CERTMON_DNS_SERVERS', value: 'dns.example', says: /"dns.example" is not an IP address/ },
    { name: 'CERTMON_EXTRA_CA_FILE', value: '/nowhere/ca.pem', says: /cannot be read \(ENOENT\)/ },
    { name: 'SLACK_BOT_TOKEN', value: 'xoxp-1', says: /begins with xoxb-/ },
    { name: 'SLACK_CLIENT_ID', value: 'A012', says: /not a client ID/ },
    { name: 'SLACK_CLIENT_SECRET', value: 'short', says: /too short for a client secret/ },
    { name: 'CERTMON_SECRET_KEY', value: 'too-short-a-key', says: /fewer than 32 characters; make one with: openssl/ },
    { name: 'CERTMON_SECRET_KEY', value: `${'n'.repeat(44)},old`, says: /fewer than 32 characters/ },
    { name: 'CERTMON_SECRET_KEY', value: ',', says: /make one with: openssl/ },
    { name: 'CERTMON_PUBLIC_URL', value: 'http://certmon.example.com', says: /not an https URL; write the address/ },
    { name: 'CERTMON_PUBLIC_URL', value: 'certmon.example.com', says: /not an https URL/ },
    {
      name: 'CERTMON_PUBLIC_URL',
      value: 'https://certmon.example.com/?x=1',
      says: /more than a host, a port and a path/,
    },
    { name: 'SLACK_APP_TOKEN', value: 'xoxb-1', says: /not an app-level token.*connections:write/ },
    { name: 'SLACK_SIGNING_SECRET', value: 'short', says: /too short/ },
    { name: 'SLACK_API_URL', value: 'ftp://x', says: /not an http or https URL/ },
  ])('$name=$value is refused with the remedy', ({ name, value, says }) => {
    const problems = problemsOf({ [name]: value });

    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${name}: `)));
    expect(problems.join('\n')).toMatch(says);
  });

  it('a CA file without a certificate is refused', () => {
    expect(problemsOf({ CERTMON_PUBLIC_CA_FILE: noPem })).toEqual([
      expect.stringContaining('holds no certificate in PEM'),
    ]);
  });

  it('a broken block of a CA file is told by its number, with all else that is wrong', async () => {
    const { pem } = await createAuthority('Root');
    const broken = join(directory, 'broken.pem');
    await writeFile(broken, `${pem}-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n${pem}`);
    const problems = problemsOf({ CERTMON_EXTRA_CA_FILE: broken, PORT: 'x' });

    expect(problems).toHaveLength(2);
    expect(problems).toContain(
      `CERTMON_EXTRA_CA_FILE: certificate 2 of 3 in ${broken} cannot be read; replace that block, or take it out`,
    );
  });

  it('a probe and the migration look at their own settings alone', () => {
    const env = {
      PORT: 'abc',
      SLACK_BOT_TOKEN: 'xoxb-1',
      CERTMON_EGRESS_DENY: '10.0.0.0/8',
      DATABASE_URL: 'postgres://h/d',
    };
    expect(loadProbeConfig({ ...env, DATABASE_URL: 'nonsense' }).egressDeny).toEqual(['10.0.0.0/8']);
    expect(loadStoreConfig({ ...env, CERTMON_EGRESS_DENY: 'x' }, 'warn')).toMatchObject({
      databaseUrl: 'postgres://h/d',
      logLevel: 'warn',
    });
    expect(() => loadProbeConfig({ CERTMON_EGRESS_DENY: 'x' })).toThrow(ConfigError);
    expect(() => loadStoreConfig({ DATABASE_URL: 'nonsense' }, 'warn')).toThrow(ConfigError);
  });

  it.each([
    {
      env: { SLACK_BOT_TOKEN: 'xoxb-1' },
      says: 'SLACK_SIGNING_SECRET: it is missing although SLACK_BOT_TOKEN is set; set it, or SLACK_APP_TOKEN for Socket Mode, or neither',
    },
    {
      env: { SLACK_APP_TOKEN: 'xapp-1' },
      says: 'SLACK_BOT_TOKEN: it is missing although SLACK_APP_TOKEN is set; set it, or SLACK_CLIENT_ID for many workspaces, or neither',
    },
  ])('half of what Slack needs is refused: $env', ({ env, says }) => {
    expect(problemsOf(env)).toEqual([says]);
  });

  it('many workspaces need all that belongs to them, and not the token of one: all of it is said at once', () => {
    expect(problemsOf({ SLACK_CLIENT_ID: '123.456', SLACK_BOT_TOKEN: 'xoxb-1' })).toEqual([
      expect.stringMatching(/^SLACK_SIGNING_SECRET: it is missing/),
      expect.stringMatching(/^SLACK_CLIENT_SECRET: it is missing although SLACK_CLIENT_ID is set; copy it/),
      expect.stringMatching(/^CERTMON_SECRET_KEY: it is missing.*openssl rand/),
      expect.stringMatching(/^CERTMON_PUBLIC_URL: it is missing.*https:/),
      expect.stringMatching(/^SLACK_BOT_TOKEN: it is for one workspace.*leave it out/),
    ]);
  });

  it('many workspaces: their secrets, and no private address is looked at for them', () => {
    const many = {
      SLACK_SIGNING_SECRET: '0123456789abcdef',
      SLACK_CLIENT_ID: '123.456',
      SLACK_CLIENT_SECRET: 'client-secret-of-tests',
      CERTMON_SECRET_KEY: `${'n'.repeat(44)}, ${'o'.repeat(44)}`,
      CERTMON_PUBLIC_URL: 'https://certmon.example.com/',
    };
    expect(loadConfig(many)).toMatchObject({
      slack: {
        speaks: { type: 'oauth', clientId: '123.456', publicUrl: 'https://certmon.example.com' },
      },
      secretKeys: ['n'.repeat(44), 'o'.repeat(44)],
      servesManyWorkspaces: true,
    });
    expect(loadConfig({}).servesManyWorkspaces).toBe(false);
  });

  it.each([
    { also: {}, leavesSigningSecret: false },
    { also: { SLACK_SIGNING_SECRET: '0123456789abcdef' }, leavesSigningSecret: true },
  ])('an app-level token means Socket Mode, with $also too', ({ also, leavesSigningSecret }) => {
    expect(loadConfig({ SLACK_APP_TOKEN: 'xapp-1', SLACK_BOT_TOKEN: 'xoxb-1', ...also }).slack?.hears).toEqual({
      type: 'socket',
      appToken: 'xapp-1',
      leavesSigningSecret,
    });
  });

  it('all that is wrong is said at once, and no secret with it', () => {
    const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'y', SLACK_BOT_TOKEN: 'secret-token', CERTMON_ROLES: 'z' });

    expect(problems).toHaveLength(5);
    expect(problems.join('\n')).not.toContain('secret-token');
  });

  it('settings of later versions are named as without effect', () => {
    expect(settingsWithoutEffect({ CERTMON_METRICS_ADDR: '127.0.0.1:1', PORT: '1', TEAMS_TENANTS: '' })).toEqual([
      'CERTMON_METRICS_ADDR',
    ]);
  });
});
