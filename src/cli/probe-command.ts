/**
 * `certmon probe`: one look, or many, from the command line, judged by the profile Standard. It needs no database, no
 * data directory and no platform. Exit codes are those of monitoring plugins (design, section 7).
 */
import { readFile } from 'node:fs/promises';
import { ConfigError, loadConfig } from '../config.ts';
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
import { codeOf } from '../probe/errors.ts';
import { createProber } from '../probe/probe.ts';
import type { ClosableProber, ProbeSettings } from '../probe/probe.ts';
import { readCaFile } from '../probe/trust.ts';
import { parseListLine, parseProbeArguments } from './probe-arguments.ts';
import type { ProbeArguments } from './probe-arguments.ts';
import { describe, describeBriefly, paintFor } from './probe-text.ts';
import type { Judged, Paint } from './probe-text.ts';

export interface ProbeCommandIo {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
}

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

type ExitCode = 0 | 1 | 2 | 3;

/** Could not be asked: usage, file, CA, host syntax, every address refused by policy. */
const NOT_ASKED = 3;

const USAGE = `certmon probe looks at a TLS service once, and says what is wrong with its certificates.

  certmon probe HOST[:PORT] PROTOCOL [flags]
  certmon probe --file LIST [--concurrency N] [--per-address N] [flags]

  --sni NAME        ask for this name, and judge by it, instead of HOST
  --direct          PostgreSQL: TLS at once, without SSLRequest
  --ca FILE         trust the CAs in this PEM file too
  --ca-only         trust no others
  --timeout 10s     for each probe; a bare number is seconds
  --json            one JSON object a line

LIST holds one HOST[:PORT] PROTOCOL [--sni NAME] [--direct] a line; blank lines and those with # are skipped.
Exit codes: 0 well, 1 warning, 2 critical, 3 could not be asked.
`;

export async function runProbeCommand(words: readonly string[], io: ProbeCommandIo): Promise<number> {
  if (words.includes('--help') || words.includes('-h')) {
    await write(io.stdout, USAGE);
    return 0;
  }
  const given = parseProbeArguments(words);
  if (!given.ok) {
    await write(io.stderr, `certmon probe: ${problemText(given.problem)}\n`);
    return NOT_ASKED;
  }
  try {
    return await runProbes(given.value, io);
  } catch (error) {
    // What a person can mend: settings, files. Anything else is our mistake, and main's.
    if (io.signal.aborted) return NOT_ASKED;
    if (!(error instanceof AppError)) throw error;
    const problems = error instanceof ConfigError ? error.problems : [error.message];
    await write(io.stderr, problems.map((problem) => `certmon probe: ${cut(problem, 500)}\n`).join(''));
    return NOT_ASKED;
  }
}

/** The list cannot be read. */
class ListError extends AppError {
  readonly code = 'list';
}

interface Run {
  readonly given: ProbeArguments;
  readonly io: ProbeCommandIo;
  readonly prober: ClosableProber;
  readonly profile: Profile;
  readonly paint: Paint;
}

async function runProbes(given: ProbeArguments, io: ProbeCommandIo): Promise<ExitCode> {
  const settings: ProbeSettings = {
    ...loadConfig(io.env).probe,
    // A person's own machine, and a single workspace (design, section 9).
    loopbackAllowed: true,
    privateAllowed: true,
    perAddress: given.perAddress,
  };
  const extraCaPem = given.caFile === undefined ? undefined : readCas(given.caFile);
  const lines = 'listFile' in given.target ? await readList(given.target.listFile) : [];
  const prober = createProber(settings);
  const run: Run = {
    given,
    io,
    prober,
    profile: { ...STANDARD_PROFILE, timeoutMs: given.timeoutMs, trust: { extraCaPem, only: given.caOnly } },
    paint: paintFor(io.stdout.isTTY === true && (io.env.NO_COLOR ?? '') === ''),
  };
  try {
    return 'endpoint' in given.target ? await probeOne(given.target.endpoint, run) : await probeMany(lines, run);
  } finally {
    await prober.close();
  }
}

async function probeOne(endpoint: Endpoint, run: Run): Promise<ExitCode> {
  const judged = await judge(endpoint, run);
  await write(run.io.stdout, run.given.json ? jsonLine(judged) : describe(judged, run.paint));
  return exitCode(judged.assessment.findings);
}

/** Results come as they are ready; a bad line is told and the rest go on. */
async function probeMany(lines: readonly string[], run: Run): Promise<ExitCode> {
  const { given, io } = run;
  const startedAt = performance.now();
  const counts: Record<ExitCode, number> = { 0: 0, 1: 0, 2: 0, 3: 0 };
  const todo = lines.flatMap((text, index) => (isSkipped(text) ? [] : [{ text, number: index + 1 }]));
  const progress = startProgress(io.stderr, todo.length);
  let done = 0;

  const probeLine = async ({ text, number }: { text: string; number: number }): Promise<void> => {
    const endpoint = parseListLine(text, given.defaults);
    if (!endpoint.ok) {
      counts[NOT_ASKED] += 1;
      const error = problemText(endpoint.problem);
      await write(
        io.stdout,
        given.json ? `${JSON.stringify({ line: number, error })}\n` : `line ${number}: ${error}\n`,
      );
      return;
    }
    const judged = await judge(endpoint.value, run);
    counts[exitCode(judged.assessment.findings)] += 1;
    await write(io.stdout, given.json ? jsonLine(judged) : describeBriefly(judged, run.paint));
  };
  const next = todo[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const line of { [Symbol.iterator]: () => next }) {
      await probeLine(line);
      done += 1;
      progress.show(done);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(given.concurrency, todo.length) }, work));
  } finally {
    progress.clear();
    const took = ((performance.now() - startedAt) / 1000).toFixed(1);
    await write(
      io.stderr,
      `${done} of ${todo.length} probed in ${took} s: ${counts[0]} well, ${counts[1]} warning, ${counts[2]} critical, ${counts[3]} not asked\n`,
    );
  }
  return ([2, 3, 1] as const).find((code) => counts[code] > 0) ?? 0;
}

async function judge(endpoint: Endpoint, { given, io, prober, profile }: Run): Promise<Judged> {
  const now = new Date();
  const observation = await prober.observe(
    { endpoint, timeoutMs: given.timeoutMs, trust: profile.trust, known: new Map() },
    now,
    io.signal,
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
  return readCaFile(file, createCertificateReader())
    .map(({ x509 }) => x509.toString())
    .join('');
}

/** @throws {ListError} */
async function readList(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split(/\r?\n/);
  } catch (error) {
    if (codeOf(error) === '') throw error;
    throw new ListError(`the list ${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

function isSkipped(line: string): boolean {
  const text = line.trim();
  return text === '' || text.startsWith('#');
}

function problemText({ message, suggestion }: Problem): string {
  return suggestion === undefined ? message : `${message}; did you mean ${suggestion}?`;
}

const PROGRESS_EVERY_MS = 200;

function startProgress(output: Output, total: number): { show(done: number): void; clear(): void } {
  if (output.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  let shownAt = -Infinity;
  return {
    show(done) {
      if (performance.now() - shownAt < PROGRESS_EVERY_MS) return;
      shownAt = performance.now();
      output.write(`\r${done} of ${total} probed`);
    },
    clear: () => void output.write('\r\u001b[K'),
  };
}

/** Waits until the text is out, since the process ends right after; a reader that went away (`| head`) is no error. */
function write(output: Output, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      if (codeOf(error) === 'EPIPE') resolve();
      else reject(error);
    };
    output.once('error', onError);
    output.write(text, (error) => {
      // The stream tells of an error after it called back: the listener stays for it.
      if (error instanceof Error) {
        onError(error);
        return;
      }
      output.off('error', onError);
      resolve();
    });
  });
}
