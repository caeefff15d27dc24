import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProbeCommand } from '../../src/cli/probe-command.ts';
import { createAuthority, createSelfSigned } from '../../src/demo/authority.ts';
import type { Credential, Issuer } from '../../src/demo/authority.ts';
import { startSmtpServer, startTlsServer } from '../../src/demo/tls-servers.ts';
import type { DemoServer } from '../../src/demo/tls-servers.ts';
import type { ProbeReport } from '../../src/core/probe-report.ts';
import { startDnsServer } from '../helpers/dns-server.ts';

const DAY_MS = 86_400_000;
let folder: string;
let root: Issuer;
let leaf: Credential;
let caFile: string;
const servers: Record<string, DemoServer> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certmon-probe-'));
  root = await createAuthority('Root');
  leaf = await root.issueLeaf({ dns: ['mail.example.com'], ip: ['127.0.0.1'] });
  const ending = { notBefore: new Date(Date.now() - 80 * DAY_MS), notAfter: new Date(Date.now() + 9.5 * DAY_MS) };
  const over = { notBefore: new Date(Date.now() - 80 * DAY_MS), notAfter: new Date(Date.now() - 1.5 * DAY_MS) };
  servers.well = await startTlsServer(leaf);
  servers.smtp = await startSmtpServer(leaf);
  servers.expiring = await startTlsServer(await root.issueLeaf({ ip: ['127.0.0.1'], ...ending }));
  servers.expired = await startTlsServer(await root.issueLeaf({ ip: ['127.0.0.1'], ...over }));
  servers.hostile = await startTlsServer(
    await createSelfSigned({ ip: ['127.0.0.1'], commonName: 'evil\u001b[31m\u202e\nname' }),
  );
  caFile = join(folder, 'ca.pem');
  await writeFile(caFile, root.pem);
});
afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server.close()));
  await rm(folder, { recursive: true });
});

const at = (name: string): string => `127.0.0.1:${servers[name]?.port ?? 0}`;

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
  isTTY = false,
  typed: string | Readable = '',
  signal: AbortSignal = new AbortController().signal,
): Promise<Ran> {
  const [stdout, stderr] = [PassThrough, PassThrough].map((Stream) => Object.assign(new Stream(), { isTTY }));
  if (stdout === undefined || stderr === undefined) throw new Error('two streams were made');
  const heard = { out: '', err: '' };
  stdout.on('data', (chunk: Buffer) => (heard.out += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (heard.err += chunk.toString()));
  const code = await runProbeCommand(words, {
    env,
    stdin: typeof typed === 'string' ? Readable.from([typed]) : typed,
    stdout,
    stderr,
    signal,
  });
  return { code, ...heard };
}

const trusting = (...words: string[]): string[] => [...words, '--ca', caFile];

function reports(out: string): (Partial<ProbeReport> & { line?: number; error?: string })[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Partial<ProbeReport>);
}

describe('exit codes and status', () => {
  it.each([
    { server: 'well', protocol: 'https', code: 0, status: 'valid' },
    { server: 'smtp', protocol: 'smtp', code: 0, status: 'valid' },
    { server: 'expiring', protocol: 'tls', code: 1, status: 'expiring' },
    { server: 'expired', protocol: 'smtps', code: 2, status: 'expired' },
  ])('$server by $protocol: $code, $status', async ({ server, protocol, code, status }) => {
    const ran = await run(trusting(at(server), protocol, '--json'));
    expect(ran).toMatchObject({ code, err: '' });
    expect(reports(ran.out)).toMatchObject([{ status, protocol }]);
  });

  it('an untrusted certificate is critical, and trusted by --ca alone where --ca-only says so', async () => {
    expect((await run([at('well'), 'https', '--json'])).code).toBe(2);
    expect((await run(trusting(at('well'), 'https', '--json', '--ca-only'))).code).toBe(0);
  });

  it('CERTMON_EXTRA_CA_FILE is heard', async () => {
    expect((await run([at('well'), 'https'], { CERTMON_EXTRA_CA_FILE: caFile })).code).toBe(0);
  });

  it('a closed port and a name that does not resolve are answers', async () => {
    const closed = await startTlsServer(leaf);
    await closed.close();
    expect((await run([`127.0.0.1:${closed.port}`, 'https', '--json'])).code).toBe(2);
    const gone = await run(['gone.invalid', 'https', '--json', '--timeout', '1'], {
      CERTMON_DNS_SERVERS: '127.0.0.1:1',
    });
    expect(gone.code).toBe(2);
    expect(reports(gone.out)).toMatchObject([{ daysLeft: null, addresses: [], findings: [{ code: 'dns-failure' }] }]);
  });

  it('what a public CA should not have done is information', async () => {
    const issuing = await root.issueIntermediate('TLS CA 1', { organization: 'DigiCert Inc' });
    const notAfter = new Date(Date.now() + 400 * DAY_MS);
    const long = await startTlsServer(await issuing.issueLeaf({ dns: ['mail.example.com'], notAfter }));
    const dns = await startDnsServer(
      () => 'nxdomain',
      (name) => (name === 'example.com' ? [[0, 'issue', 'letsencrypt.org']] : []),
    );
    try {
      const words = [`127.0.0.1:${long.port}`, 'https', '--sni', 'mail.example.com'];
      const env = { CERTMON_PUBLIC_CA_FILE: caFile, CERTMON_DNS_SERVERS: dns.address };
      const ran = await run([...words, '--json'], env);
      expect(ran.code).toBe(0);
      expect(reports(ran.out)).toMatchObject([
        { status: 'valid', findings: [{ code: 'caa-mismatch' }, { code: 'lifetime-too-long' }] },
      ]);
      const text = await run(words, env);
      expect(text.code).toBe(0);
      expect(text.out).toContain('let only letsencrypt.org issue certificates');
      expect(text.out).toContain('a public CA may give at most');
    } finally {
      await Promise.all([long.close(), dns.close()]);
    }
  });

  it('settings of the service are not looked at', async () => {
    expect((await run(trusting(at('well'), 'https'), { PORT: 'abc', SLACK_BOT_TOKEN: 'xoxb-1' })).code).toBe(0);
  });

  it('an output that cannot be written to is told, and could not be asked', async () => {
    let err = '';
    const failing = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
      },
    });
    const stderr = new PassThrough().on('data', (chunk: Buffer) => (err += chunk.toString()));
    const code = await runProbeCommand(trusting(at('well'), 'https'), {
      env: {},
      stdin: Readable.from([]),
      stdout: failing,
      stderr,
      signal: new AbortController().signal,
    });
    expect(code).toBe(3);
    expect(err).toBe('certmon probe: the output cannot be written: the device is full\n');
  });

  it('every address refused by policy could not be asked', async () => {
    expect((await run(['169.254.169.254', 'https', '--json'])).code).toBe(3);
    expect((await run([at('well'), 'https', '--json'], { CERTMON_EGRESS_DENY: '127.0.0.0/8' })).code).toBe(3);
  });

  it('judges by the name given with --sni', async () => {
    expect((await run(trusting(at('well'), 'https', '--sni', 'mail.example.com'))).code).toBe(0);
    const wrong = await run(trusting(at('well'), 'https', '--sni', 'other.example.com', '--json'));
    expect(wrong.code).toBe(2);
    expect(reports(wrong.out)).toMatchObject([
      { serverName: 'other.example.com', findings: [{ code: 'name-mismatch' }] },
    ]);
  });
});

describe('what is wrong with the command line', () => {
  it.each([
    { words: [], says: 'no host given' },
    { words: ['mail.example.com'], says: 'no protocol given' },
    { words: ['mail.example.com', 'htps'], says: 'did you mean https?' },
    { words: ['mail.example.com', 'tls'], says: 'tls has no usual port' },
    { words: ['mail.example.com:0', 'https'], says: 'port' },
    { words: ['mail example.com', 'https'], says: 'space' },
    { words: ['a.example', 'https', 'more'], says: 'one word too many' },
    { words: ['a.example', 'https', '--tiemout', '3'], says: 'did you mean --timeout?' },
    { words: ['a.example', 'https', '-json'], says: 'did you mean --json?' },
    { words: ['a.example', 'https', '--timeout'], says: '--timeout needs a value' },
    { words: ['a.example', 'https', '--timeout', '--json'], says: '--timeout needs a value' },
    { words: ['a.example', 'https', '--timeout', 'soon'], says: "--timeout 'soon' is not a time" },
    { words: ['a.example', 'https', '--timeout', '0'], says: 'is not a time' },
    { words: ['a.example', 'https', '--timeout', '11m'], says: 'is not a time' },
    { words: ['a.example', 'https', '--json=yes'], says: '--json takes no value' },
    { words: ['a.example', 'https', '--json', '--json'], says: '--json is given twice' },
    { words: ['a.example', 'https', '--ca-only'], says: '--ca-only needs --ca' },
    { words: ['a.example', 'https', '--ca', '/nonexistent.pem'], says: 'pem cannot be read: there is no such file' },
    { words: ['a.example', 'https', '--ca', '/'], says: 'the CA file / cannot be read: it is a directory' },
    { words: [''], says: 'no host given: write HOST[:PORT] PROTOCOL, such as mail.example.com smtp' },
    { words: ['smtp'], says: "no host given before 'smtp'" },
    { words: ['https', 'mail.example.com'], says: 'the host comes first' },
    { words: ['https', 'mail.example.com'], says: 'did you mean mail.example.com https?' },
    {
      words: ['imaps://mail.example.com/'],
      says: 'is a URL: give only the host; did you mean mail.example.com imaps?',
    },
    { words: ['mail.example.com:587'], says: 'did you mean mail.example.com:587 smtp?' },
    { words: ['mail.example.com:993'], says: 'did you mean mail.example.com:993 imaps?' },
    { words: ['mail.example.com', '465'], says: 'did you mean mail.example.com:465 smtps?' },
    { words: ['a.example', '8443', 'https'], says: 'did you mean a.example:8443 https?' },
    { words: ['a.example', 'b.example', 'https'], says: 'many hosts go into a file: --file LIST' },
    { words: ['/etc/hosts.txt'], says: 'did you mean --file /etc/hosts.txt?' },
    { words: ['a.example', 'https', '\u2014json'], says: 'did you mean --json?' },
    { words: ['a.example', 'https', '-t', '3'], says: 'did you mean --timeout?' },
    { words: ['a.example', 'https', '--port', '3'], says: 'the port stands behind the host' },
    { words: ['a.example', 'https', '--version'], says: '--timeout, --json\n' },
    { words: ['--', '--json', 'https'], says: "'--json' is not a host name" },
    { words: ['a.example', 'https', '--ca'], says: '--ca needs a value after it: --ca FILE' },
    { words: ['a.example', 'https', '--timeout', '5 min'], says: 'did you mean 5m?' },
    { words: ['a.example', 'https', '--timeout', '1h'], says: 'did you mean 10m?' },
    { words: ['a.example', 'https', '--timeout', '0,5'], says: 'did you mean 0.5s?' },
    { words: ['a.example', 'https', '--timeout', '0.0004'], says: 'such as 10s\n' },
    {
      words: ['a.example', 'https', '--ca', 'x'.repeat(5000)],
      says: '… cannot be read: the name is too long for a file',
    },
    { words: ['--file', 'x'.repeat(5000)], says: '… cannot be read: the name is too long for a file' },
    { words: ['--file', '\u001b[31mx'], says: 'the list <U+001B>[31mx cannot be read' },
    { words: ['a.example', 'https', '--concurrency', '3'], says: '--file LIST' },
    { words: ['a.example', 'https', '--direct'], says: 'postgresql' },
    { words: ['a.example', 'https', '--file', 'x'], says: 'cannot both be given' },
    { words: ['--file', '/nonexistent.txt'], says: 'cannot be read: there is no such file' },
    { words: ['--file', '/'], says: 'cannot be read: it is a directory' },
    { words: ['--file', '-'], says: 'the list on standard input is empty' },
    { words: ['--file', 'x', '--concurrency', '0'], says: 'is not a whole number' },
  ])('$words: $says', async ({ words, says }) => {
    const { code, out, err } = await run(words);
    expect(code).toBe(3);
    expect(out).toBe('');
    expect(err).toContain(says);
    expect(err).toMatch(/^certmon probe: [^\n]*\n$/);
  });

  it('a CA file without a certificate, and wrong settings, are told in one line', async () => {
    const empty = join(folder, 'empty.pem');
    await writeFile(empty, 'nothing here\n');
    const noCa = await run(['a.example', 'https', '--ca', empty]);
    expect(noCa).toMatchObject({ code: 3, out: '' });
    expect(noCa.err).toMatch(/^certmon probe: the CA file .* holds no certificate in PEM[^\n]*\n$/);
    const badSetting = await run(['a.example', 'https'], { CERTMON_EGRESS_DENY: 'everything' });
    expect(badSetting).toMatchObject({ code: 3, out: '' });
    expect(badSetting.err).toMatch(/^certmon probe: CERTMON_EGRESS_DENY: [^\n]*\n$/);
  });

  it('--help tells all and exits 0', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--per-address') as string });
  });
});

describe('for people', () => {
  it('status comes first, then findings with what to do next, then the chain', async () => {
    const { out } = await run(trusting(at('expired'), 'https'));
    expect(out).toMatch(/^EXPIRED {2}127\.0\.0\.1:\d+ https {2}expired 1 day ago, on \d/);
    expect(out).toContain('critical expired: ');
    expect(out).toContain('    Next: ');
    expect(out).toContain('Fingerprint');
    expect(out).not.toContain('\u001b');
  });

  it('says which addresses a finding is about, where it is not all of them', async () => {
    const dns = await startDnsServer((_, type) => (type === 'A' ? ['127.0.0.1', '127.0.0.3'] : []));
    try {
      const place = `mail.example.com:${at('well').split(':')[1] ?? ''}`;
      const env = { CERTMON_DNS_SERVERS: dns.address };
      const ran = await run(trusting(place, 'https'), env);
      expect(ran.code).toBe(1);
      expect(ran.out).toMatch(/ {2}warning refused: [^\n]*\n {4}On: 127\.0\.0\.3 \(1 of 2 addresses\)\n {4}Next: /);
      expect((await run(trusting(place, 'https'), env, true)).out).toContain('\u001b[33mVALID');
    } finally {
      await dns.close();
    }
  });

  it('what befell the only address is said once', async () => {
    const closed = await startTlsServer(leaf);
    await closed.close();
    const { out } = await run([`127.0.0.1:${closed.port}`, 'https']);
    expect(out.match(/nothing listens on this port/g)).toHaveLength(1);
  });

  it('colours are for terminals that want them', async () => {
    expect((await run(trusting(at('well'), 'https'), {}, true)).out).toContain('\u001b[32mVALID');
    expect((await run(trusting(at('well'), 'https'), { NO_COLOR: '1' }, true)).out).not.toContain('\u001b');
  });

  it("a certificate's names cannot steer the terminal", async () => {
    const { out } = await run([at('hostile'), 'https']);
    expect(out).toContain('evil<U+001B>[31m<U+202E><U+000A>name');
    // eslint-disable-next-line no-control-regex -- exactly these are looked for
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202a-\u202e]/);
  });
});

describe('--file', () => {
  async function list(...lines: string[]): Promise<string> {
    const path = join(folder, 'list.txt');
    await writeFile(path, lines.join('\n'));
    return path;
  }

  it('probes every line, tells bad ones by number, and sums up on stderr', async () => {
    const path = await list(
      '# mail',
      '',
      `${at('well')} https`,
      `  ${at('smtp')} smtp --sni mail.example.com`,
      'nonsense htps',
      `${at('expiring')} tls`,
      `${at('well')} https --colour`,
    );
    const ran = await run(trusting('--file', path, '--json', '--concurrency', '3'));
    const lines = reports(ran.out);
    expect(lines).toHaveLength(5);
    expect(lines.filter(({ line }) => line !== undefined).map(({ line }) => line)).toEqual([5, 7]);
    expect(lines.find(({ line }) => line === 5)).toEqual({
      line: 5,
      error: expect.stringContaining('https') as string,
    });
    expect(lines.flatMap(({ status }) => status ?? []).sort()).toEqual(['expiring', 'valid', 'valid']);
    expect(ran.code).toBe(3);
    expect(ran.err).toMatch(/^5 of 5 probed in [\d.]+ s: 2 well, 1 warning, 0 critical, 2 not asked\n$/);
  });

  it.each([
    { names: ['well', 'smtp'], bad: false, code: 0 },
    { names: ['well', 'expiring'], bad: false, code: 1 },
    { names: ['expiring'], bad: true, code: 3 },
    { names: ['expired', 'well'], bad: true, code: 2 },
    { names: [], bad: false, code: 3 },
  ])('$names, bad line $bad: exit $code', async ({ names, bad, code }) => {
    const lines = names.map((name) => `${at(name)} ${name === 'smtp' ? 'smtp' : 'tls'}`);
    const path = await list(...lines, ...(bad ? ['bad'] : []));
    expect((await run(trusting('--file', path))).code).toBe(code);
  });

  it('reads standard input; those that are well stand below each other, with space around what takes longer', async () => {
    const [well, smtp, expiring] = [`${at('well')} https`, `${at('smtp')} smtp`, `${at('expiring')} tls`];
    const typed = [well, smtp, expiring, well].map((line) => `${line}\n`).join('');
    const ran = await run(trusting('--file', '-', '--concurrency', '1'), {}, false, typed);
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(
      /^VALID [^\n]*\nVALID [^\n]*\n\nEXPIRING [^\n]*\n {2}warning [^\n]*\n {4}Next: [^\n]*\n\nVALID [^\n]*\n$/,
    );
  });

  it('takes lists as other systems and editors write them', async () => {
    const path = await list(
      `\ufeff${at('well')} https\r`,
      `${at('well')}\thttps\t--sni mail.example.com  # by name\r`,
      `${at('smtp')} smtp\r# old\r${at('well')} tls`,
    );
    const ran = await run(trusting('--file', path));
    expect(ran).toMatchObject({
      code: 0,
      err: expect.stringMatching(/: 4 well, 0 warning, 0 critical, 0 not/) as string,
    });
  });

  it('tells of each line what is wrong with it, shortly and with nothing hidden', async () => {
    const path = join(folder, 'bad.txt');
    await writeFile(
      path,
      Buffer.concat([
        Buffer.from('m\u00fcller.example https\n', 'latin1'),
        Buffer.from(`${'a'.repeat(10_000_000)}\n`),
        Buffer.from('evil\u001b]0;x\u0007.example\n\u0000 https\n'),
      ]),
    );
    const json = await run(['--file', path, '--json', '--concurrency', '1']);
    expect(json.code).toBe(3);
    expect(reports(json.out)).toEqual([
      { line: 1, error: "'m\ufffdller.example https' is not in UTF-8: save the list in UTF-8" },
      { line: 2, error: 'the line is too long: it has 10000000 characters, at most 4096 are read' },
      {
        line: 3,
        error: "'evil<U+001B>]0;x<U+0007>.example' has invisible or control characters in it: type it anew",
      },
      { line: 4, error: "'<U+0000>' has invisible or control characters in it: type it anew" },
    ]);
    const text = await run(['--file', path]);
    expect(text.out).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text.out).toContain("line 3: 'evil<U+001B>]0;x<U+0007>.example'");
  });

  it('a suggestion is as clean and as short as the rest', async () => {
    const ran = await run(['--file', '-', '--json'], {}, false, `bad ${'x'.repeat(3000)}\n${'a'.repeat(200)}\u202e\n`);
    for (const { error } of reports(ran.out)) expect(error).toMatch(/^[ -~…]{1,500}$/);
  });

  it('a list in UTF-16 is told as such', async () => {
    const path = join(folder, 'utf16.txt');
    await writeFile(path, Buffer.from('\ufeffmail.example.com https\n', 'utf16le'));
    expect(await run(['--file', path])).toEqual({
      code: 3,
      out: '',
      err: `certmon probe: the list ${path} is in UTF-16: save it in UTF-8\n`,
    });
  });

  it('--direct of the command line is for the lines that can have it', async () => {
    const ran = await run(trusting('--file', '-', '--direct', '--json'), {}, false, `${at('well')} https\n`);
    expect(ran.code).toBe(0);
  });

  it('a person who types the list is told how to end it', async () => {
    const typed = Object.assign(Readable.from([`${at('well')} https\n`]), { isTTY: true });
    const { err } = await run(trusting('--file', '-'), {}, false, typed);
    expect(err).toMatch(/^certmon probe: type one HOST\[:PORT\] PROTOCOL a line; Ctrl-D [^\n]*\n1 of 1 probed/);
  });

  it('stops when nobody reads the results any more', async () => {
    const path = await list(...Array.from({ length: 50 }, () => `${at('well')} https`));
    let err = '';
    let isGone = false;
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => {
        done(isGone ? Object.assign(new Error('EPIPE'), { code: 'EPIPE' }) : undefined);
        isGone = true;
      },
    });
    const stderr = new PassThrough().on('data', (chunk: Buffer) => (err += chunk.toString()));
    await runProbeCommand(trusting('--file', path, '--concurrency', '1'), {
      env: {},
      stdin: Readable.from([]),
      stdout,
      stderr,
      signal: new AbortController().signal,
    });
    expect(err).toMatch(/^2 of 50 probed in [\d.]+ s, then stopped: 2 well, [^\n]*\n$/);
  });

  it('a terminal sees the progress, and a clean line in the end', async () => {
    const path = await list(`${at('well')} https`);
    const { err } = await run(trusting('--file', path), {}, true);
    // Every redrawing begins with an erasure.
    expect(err.replaceAll('\r\u001b[K', '|')).toMatch(
      /^\|0 of 1 probed(?:\|1 of 1 probed)?\|1 of 1 probed in [^\n|]*\n$/,
    );
    expect((await run(trusting('--file', path), { TERM: 'dumb' }, true)).err).toMatch(/^1 of 1 probed in/);
  });

  it('what was found before Ctrl-C is summed up, and counts', async () => {
    const silent = await startSilentServer();
    try {
      const path = await list(`${at('expired')} https`, `127.0.0.1:${silent.port} https`, `${at('well')} https`);
      const words = trusting('--file', path, '--concurrency', '1');
      const early = await run([...words.slice(0, 2), '--concurrency', '1'], {}, false, '', AbortSignal.abort());
      expect(early).toMatchObject({ code: 3, out: '' });
      const stop = new AbortController();
      silent.connected.then(
        () => stop.abort(),
        () => undefined,
      );
      const ran = await run(words, {}, false, '', stop.signal);
      expect(ran.code).toBe(2);
      expect(ran.out).toMatch(/^EXPIRED /);
      expect(ran.err).toMatch(
        /^1 of 3 probed in [\d.]+ s, then stopped: 0 well, 0 warning, 1 critical, 0 not asked\n$/,
      );
    } finally {
      await silent.close();
    }
  });
});

/** Takes connections and says nothing. */
async function startSilentServer() {
  let heard: () => void = () => undefined;
  const connected = new Promise<void>((resolve) => (heard = resolve));
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.on('error', () => undefined));
    heard();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connected,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
