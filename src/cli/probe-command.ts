/**
 * `certmon probe`: one look, or many, from the command line, judged by the profile Standard. It needs no database, no
 * data directory and no platform. Exit codes are those of monitoring plugins (design, section 7).
 */
import { availableParallelism } from 'node:os';
import { ConfigError, loadProbeConfig } from '../config.ts';
import { assess, statusOf } from '../core/assess.ts';
import { AppError } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import type { Endpoint } from '../core/monitor.ts';
import { isRead } from '../core/observation.ts';
import { exitCode, toProbeReport } from '../core/probe-report.ts';
import { STANDARD_PROFILE } from '../core/profile.ts';
import type { Profile } from '../core/profile.ts';
import { cut } from '../core/quote.ts';
import { createCertificateReader } from '../probe/certificate-reader.ts';
import { CaError, codeOf } from '../probe/errors.ts';
import { createProber } from '../probe/probe.ts';
import type { ClosableProber, ProbeSettings } from '../probe/probe.ts';
import { readCaFile } from '../probe/trust.ts';
import { createPen } from './output.ts';
import type { Input, Output, Pen } from './output.ts';
import { parseListLine, parseProbeArguments } from './probe-arguments.ts';
import type { ProbeArguments } from './probe-arguments.ts';
import { readList, whyUnreadable } from './probe-list.ts';
import type { ListLine } from './probe-list.ts';
import { describe, describeBriefly, paintFor } from './probe-text.ts';
import type { Judged, Paint } from './probe-text.ts';
import { startProgress } from './progress.ts';

export interface ProbeCommandIo {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
}

type ExitCode = 0 | 1 | 2 | 3;

/** From so many lines on, threads are started sooner than this one alone would be done. */
const WORTH_THREADS = 50;

/** What a message quotes may be as long as somebody likes. */
const MOST_TEXT = 500;

/** Could not be asked: usage, file, CA, host syntax, every address refused by policy. */
const NOT_ASKED = 3;

export const PROBE_USAGE = `certmon probe looks at a TLS service once, and says what is wrong with its certificates.

  certmon probe HOST[:PORT] PROTOCOL [flags]
  certmon probe --file LIST [--concurrency N] [--per-address N] [flags]

  --sni NAME        ask for this name, and judge by it, instead of HOST
  --direct          PostgreSQL: TLS at once, without SSLRequest
  --ca FILE         trust the CAs in this PEM file too
  --ca-only         trust no others
  --timeout 10s     for each probe; a bare number is seconds
  --json            one JSON object a line
  --concurrency N   of a list: so many lines at a time, 64 if not given
  --per-address N   of a list: so many connections at a time to one address and port, 2 if not given

LIST holds one HOST[:PORT] PROTOCOL [--sni NAME] [--direct] a line; blank lines and what follows a # are skipped;
- reads it from standard input. --sni and --direct of the command line hold for lines that say nothing else.
CERTMON_DNS_SERVERS, CERTMON_EXTRA_CA_FILE, CERTMON_PUBLIC_CA_FILE, CERTMON_EGRESS_ALLOW, CERTMON_EGRESS_DENY
and NO_COLOR of the environment are heard.
Exit codes: 0 well, 1 warning, 2 critical, 3 could not be asked.
`;

export async function runProbeCommand(words: readonly string[], io: ProbeCommandIo): Promise<number> {
  const pens = { stdout: createPen(io.stdout), stderr: createPen(io.stderr) };
  try {
    if (words.includes('--help') || words.includes('-h') || (words.length === 1 && words[0] === 'help')) {
      await pens.stdout.write(PROBE_USAGE);
      return 0;
    }
    const given = parseProbeArguments(words);
    if (!given.ok) return await complain(pens.stderr, [problemText(given.problem)]);
    return await runProbes(given.value, io, pens);
  } catch (error) {
    if (io.signal.aborted) return NOT_ASKED;
    return complain(pens.stderr, whatIsWrong(error));
  }
}

async function complain(stderr: Pen, problems: readonly string[]): Promise<ExitCode> {
  try {
    await stderr.write(problems.map((problem) => `certmon probe: ${cut(problem, MOST_TEXT)}\n`).join(''));
  } catch (error) {
    // Nothing is left to say it with; the exit code says that it was not asked.
    if (codeOf(error) === '') throw error;
  }
  return NOT_ASKED;
}

/** To a monitoring plugin's caller an exit of 1 is a warning about the service: whatever goes wrong ends here. */
function whatIsWrong(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  if (error instanceof AppError) return [error.message];
  if (codeOf(error) === 'ENOSPC') return ['the output cannot be written: the device is full'];
  return [`a fault of its own: ${error instanceof Error ? error.message : String(error)}`];
}

interface Pens {
  readonly stdout: Pen;
  readonly stderr: Pen;
}

interface Run {
  readonly given: ProbeArguments;
  readonly io: ProbeCommandIo;
  readonly pens: Pens;
  /** Aborted too when nobody reads the results any more. */
  readonly signal: AbortSignal;
  readonly prober: ClosableProber;
  readonly profile: Profile;
  readonly paint: Paint;
}

async function runProbes(given: ProbeArguments, io: ProbeCommandIo, pens: Pens): Promise<ExitCode> {
  const settings: ProbeSettings = {
    ...loadProbeConfig(io.env),
    // A person's own machine, and a single workspace (design, section 9).
    loopbackAllowed: true,
    privateAllowed: true,
    perAddress: given.perAddress,
  };
  const extraCaPem = given.caFile === undefined ? undefined : readCas(given.caFile);
  const lines = 'listFile' in given.target ? await linesOf(given.target.listFile, io, pens) : [];
  const prober = createProber({ ...settings, threads: lines.length < WORTH_THREADS ? 0 : availableParallelism() });
  const run: Run = {
    given,
    io,
    pens,
    signal: io.signal,
    prober,
    profile: { ...STANDARD_PROFILE, timeoutMs: given.timeoutMs, trust: { extraCaPem, only: given.caOnly } },
    paint: paintFor(io.stdout.isTTY === true && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb'),
  };
  try {
    return 'endpoint' in given.target ? await probeOne(given.target.endpoint, run) : await probeMany(lines, run);
  } finally {
    await prober.close();
  }
}

async function probeOne(endpoint: Endpoint, run: Run): Promise<ExitCode> {
  const judged = await judge(endpoint, run);
  await run.pens.stdout.write(run.given.json ? jsonLine(judged) : describe(judged, run.paint));
  return exitCode(judged.assessment.findings);
}

async function linesOf(path: string, io: ProbeCommandIo, pens: Pens): Promise<ListLine[]> {
  if (path === '-' && io.stdin.isTTY === true) {
    await pens.stderr.write(
      'certmon probe: type one HOST[:PORT] PROTOCOL a line; Ctrl-D on a line of its own ends the list\n',
    );
  }
  return readList(path, io.stdin, io.signal);
}

/** Results come as they are ready; a bad line is told and the rest go on, while somebody reads. */
async function probeMany(lines: readonly ListLine[], run: Run): Promise<ExitCode> {
  const { given, io, pens } = run;
  const startedAt = performance.now();
  const counts: Record<ExitCode, number> = { 0: 0, 1: 0, 2: 0, 3: 0 };
  let done = 0;
  const progress = startProgress(io.stderr, io.env, () => progressText(done, lines.length, counts));
  const sharesScreen = io.stdout.isTTY === true;
  const readerLeft = new AbortController();
  const signal = AbortSignal.any([run.signal, readerLeft.signal]);
  let wasLong: boolean | undefined;

  const probeLine = async ({ text, number }: ListLine): Promise<void> => {
    const result = await resultOf(text, number, { ...run, signal });
    counts[result.code] += 1;
    // What takes several lines stands by itself; those that are well stay a table.
    const isLong = !given.json && result.text.trimEnd().includes('\n');
    const gap = wasLong !== undefined && (isLong || wasLong) ? '\n' : '';
    wasLong = isLong;
    if (sharesScreen) progress.hide();
    if (!(await pens.stdout.write(`${gap}${result.text}`))) readerLeft.abort();
  };
  const next = lines[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const line of { [Symbol.iterator]: () => next }) {
      await probeLine(line);
      done += 1;
      signal.throwIfAborted();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(given.concurrency, lines.length) }, work));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    progress.close();
    const took = ((performance.now() - startedAt) / 1000).toFixed(1);
    const end = done < lines.length ? ', then stopped' : '';
    await pens.stderr.write(
      `${done} of ${lines.length} probed in ${took} s${end}: ${counts[0]} well, ${counts[1]} warning, ${counts[2]} critical, ${counts[3]} not asked\n`,
    );
  }
  // Lines that a person's Ctrl-C cut off were not asked.
  if (run.signal.aborted && done < lines.length) counts[NOT_ASKED] += lines.length - done;
  return ([2, 3, 1] as const).find((code) => counts[code] > 0) ?? 0;
}

function progressText(done: number, total: number, counts: Readonly<Record<ExitCode, number>>): string {
  const told = [
    { count: counts[2], word: 'critical' },
    { count: counts[1], word: 'warning' },
    { count: counts[3], word: 'not asked' },
  ].filter(({ count }) => count > 0);
  return [`${done} of ${total} probed`, ...told.map(({ count, word }) => `${count} ${word}`)].join(', ');
}

async function resultOf(text: string, number: number, run: Run): Promise<{ code: ExitCode; text: string }> {
  const { given, paint } = run;
  const endpoint = parseListLine(text, given.defaults);
  if (!endpoint.ok) {
    const error = cut(problemText(endpoint.problem), MOST_TEXT);
    return {
      code: NOT_ASKED,
      text: given.json ? `${JSON.stringify({ line: number, error })}\n` : `line ${number}: ${error}\n`,
    };
  }
  const judged = await judge(endpoint.value, run);
  return {
    code: exitCode(judged.assessment.findings),
    text: given.json ? jsonLine(judged) : describeBriefly(judged, paint),
  };
}

async function judge(endpoint: Endpoint, { given, signal, prober, profile }: Run): Promise<Judged> {
  const now = new Date();
  const observation = await prober.observe(
    { endpoint, timeoutMs: given.timeoutMs, trust: profile.trust, known: new Map(), knownIssuers: [] },
    now,
    signal,
  );
  const assessment = assess(observation, endpoint, profile, now);
  const hasBeenRead = observation.addresses.some(isRead);
  return { endpoint, observation, assessment, status: statusOf(assessment.findings, hasBeenRead) };
}

function jsonLine({ endpoint, observation, assessment, status }: Judged): string {
  return `${JSON.stringify(toProbeReport(endpoint, observation, assessment, status))}\n`;
}

/** @throws {CaError} */
function readCas(file: string): string {
  try {
    return readCaFile(file, createCertificateReader())
      .map(({ x509 }) => x509.toString())
      .join('');
  } catch (error) {
    const code = error instanceof CaError ? codeOf(error.cause) : '';
    if (!/^E[A-Z]+$/.test(code)) throw error;
    throw new CaError(`the CA file ${cut(file, 200)} cannot be read: ${whyUnreadable(code)}`, { cause: error });
  }
}

function problemText({ message, suggestion }: Problem): string {
  return suggestion === undefined ? message : `${message}; did you mean ${suggestion}?`;
}
