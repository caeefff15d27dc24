/** The command line of `certmon probe`, and the lines of its lists: one grammar, read into what is to be probed. */
import { parsed, refused } from '../core/errors.ts';
import type { Parsed } from '../core/errors.ts';
import type { Endpoint } from '../core/monitor.ts';
import { nearest } from '../core/nearest.ts';
import { findProtocol } from '../core/protocol.ts';
import { quote } from '../core/quote.ts';
import { endpointOf } from './probe-endpoint.ts';

export interface ProbeArguments {
  readonly target: { readonly endpoint: Endpoint } | { readonly listFile: string };
  /** Lists only: endpoints at a time. */
  readonly concurrency: number;
  /** Connections at a time to one address and port; `undefined`: the prober's own limit. */
  readonly perAddress: number | undefined;
  /** For list lines that do not say otherwise. */
  readonly defaults: LineDefaults;
  readonly caFile: string | undefined;
  readonly caOnly: boolean;
  readonly timeoutMs: number;
  readonly json: boolean;
}

export interface LineDefaults {
  readonly sni: string | undefined;
  readonly direct: boolean;
}

const DEFAULT_CONCURRENCY = 64;
const DEFAULT_TIMEOUT_MS = 10_000;
const MOST_TIMEOUT_MS = 600_000;

/** What stands after each; nothing after a switch. */
const FLAGS = {
  file: 'LIST',
  concurrency: 'N',
  'per-address': 'N',
  sni: 'NAME',
  direct: undefined,
  ca: 'FILE',
  'ca-only': undefined,
  timeout: '10s',
  json: undefined,
} as const satisfies Record<string, string | undefined>;

type Flag = keyof typeof FLAGS;

const LINE_FLAGS: readonly Flag[] = ['sni', 'direct'];

export function parseProbeArguments(words: readonly string[]): Parsed<ProbeArguments> {
  const split = splitWords(words, Object.keys(FLAGS) as Flag[]);
  if (!split.ok) return split;
  const { positional, flags } = split.value;
  const concurrency = countOf(flags, 'concurrency', 10_000);
  if (!concurrency.ok) return concurrency;
  const perAddress = countOf(flags, 'per-address', 10_000);
  if (!perAddress.ok) return perAddress;
  const timeoutMs = timeoutOf(flags.get('timeout'));
  if (!timeoutMs.ok) return timeoutMs;
  if (flags.has('ca-only') && !flags.has('ca')) return refused('--ca-only needs --ca FILE beside it');
  const target = targetOf(positional, flags);
  if (!target.ok) return target;
  return parsed({
    target: target.value,
    concurrency: concurrency.value ?? DEFAULT_CONCURRENCY,
    perAddress: perAddress.value,
    defaults: { sni: flags.get('sni'), direct: flags.has('direct') },
    caFile: flags.get('ca'),
    caOnly: flags.has('ca-only'),
    timeoutMs: timeoutMs.value,
    json: flags.has('json'),
  });
}

/** A name, a server name and the flags fill no more. */
const LONGEST_LINE = 4096;

/** One line of a list: `HOST[:PORT] PROTOCOL [--sni NAME] [--direct] [# comment]`. */
export function parseListLine(line: string, defaults: LineDefaults): Parsed<Endpoint> {
  if (line.length > LONGEST_LINE) {
    return refused(`the line is too long: it has ${line.length} characters, at most ${LONGEST_LINE} are read`);
  }
  // What a decoder puts in the place of octets that are no UTF-8.
  if (line.includes('\ufffd')) return refused(`${quote(line.trim())} is not in UTF-8: save the list in UTF-8`);
  const words = line
    .replace(/\s#.*$/s, '')
    .trim()
    .split(/\s+/);
  const split = splitWords(words, LINE_FLAGS);
  if (!split.ok) return split;
  const { positional, flags } = split.value;
  const isPostgresql = findProtocol(positional[1] ?? '') === 'postgresql';
  return endpointOf(positional, {
    sni: flags.get('sni') ?? defaults.sni,
    direct: flags.has('direct') || (defaults.direct && isPostgresql),
  });
}

function targetOf(positional: readonly string[], flags: ReadonlyMap<Flag, string>): Parsed<ProbeArguments['target']> {
  const listFile = flags.get('file');
  if (listFile === undefined) {
    for (const flag of ['concurrency', 'per-address'] as const) {
      if (flags.has(flag)) return refused(`--${flag} goes with --file LIST only`);
    }
    const [first = '', second] = positional;
    if (second === undefined && /^(?:~|\.{0,2})\//.test(first)) {
      return refused(`${quote(first)} is a path and no host: a list of hosts goes behind --file`, `--file ${first}`);
    }
    const endpoint = endpointOf(positional, { sni: flags.get('sni'), direct: flags.has('direct') });
    return endpoint.ok ? parsed({ endpoint: endpoint.value }) : endpoint;
  }
  const [first] = positional;
  if (first !== undefined) return refused(`${quote(first)} and --file cannot both be given: the hosts are in the file`);
  return parsed({ listFile });
}

interface Words {
  readonly positional: readonly string[];
  /** A switch has an empty value. */
  readonly flags: ReadonlyMap<Flag, string>;
}

/** What word processors and chats make of two hyphens. */
const DASHES = /^[\u2010-\u2015\u2212]+/;

/** A value stands after its flag, or behind `=`; after `--` no flags come. */
function splitWords(words: readonly string[], allowed: readonly Flag[]): Parsed<Words> {
  const positional: string[] = [];
  const flags = new Map<Flag, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      positional.push(...words.slice(at + 1));
      break;
    }
    if (!/^[-\u2010-\u2015\u2212]./su.test(word)) {
      positional.push(word);
      continue;
    }
    const [, name = '', inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(word.replace(DASHES, '-')) ?? [];
    const flag = allowed.find((one) => one === name && word.startsWith('--'));
    if (flag === undefined) return unknownFlag(word, name, allowed);
    if (flags.has(flag)) return refused(`--${flag} is given twice`);
    const wanted = FLAGS[flag];
    if (wanted === undefined) {
      if (inline !== undefined) return refused(`--${flag} takes no value`, `--${flag}`);
      flags.set(flag, '');
      continue;
    }
    const value = inline ?? words[at + 1];
    if (value === undefined || value === '' || (inline === undefined && value.startsWith('--'))) {
      return refused(`--${flag} needs a value after it: --${flag} ${wanted}`);
    }
    if (inline === undefined) at += 1;
    flags.set(flag, value);
  }
  return parsed({ positional, flags });
}

/** One letter is short for the flag that begins with it; otherwise every third letter may be a slip. */
function unknownFlag(word: string, name: string, allowed: readonly Flag[]): Parsed<never> {
  if (name === 'port') return refused(`unknown flag ${quote(word)}: the port stands behind the host, HOST:PORT`);
  const meant =
    name.length === 1
      ? allowed.find((flag) => flag.startsWith(name))
      : nearest(name, allowed, Math.max(1, Math.floor(name.length / 3)));
  const known = allowed.map((flag) => `--${flag}`).join(', ');
  return refused(`unknown flag ${quote(word)}: it is one of ${known}`, meant === undefined ? undefined : `--${meant}`);
}

function countOf(flags: ReadonlyMap<Flag, string>, flag: Flag, most: number): Parsed<number | undefined> {
  const text = flags.get(flag);
  if (text === undefined) return parsed(undefined);
  const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return parsed(value);
  return refused(`--${flag} ${quote(text)} is not a whole number from 1 to ${most}`);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** A bare number is seconds. */
function timeoutOf(text: string | undefined): Parsed<number> {
  if (text === undefined) return parsed(DEFAULT_TIMEOUT_MS);
  const ms = timeMs(text);
  if (ms !== undefined && ms >= 1 && ms <= MOST_TIMEOUT_MS) return parsed(ms);
  return refused(`--timeout ${quote(text)} is not a time from 1ms to 10m, such as 10s`, timeMeant(text));
}

function timeMs(text: string): number | undefined {
  const [, count = '', unit = 's'] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text) ?? [];
  return count === '' ? undefined : Math.round(Number(count) * (UNIT_MS[unit] ?? 0));
}

/** The same time as it is written here, or the longest there is. */
function timeMeant(text: string): string | undefined {
  const [, count = '', unit = ''] = /^\s*([0-9]{0,9}[.,]?[0-9]+)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  if (count === '') return undefined;
  const known = Object.entries(UNIT_WORDS).find(([, words]) => words.includes(unit.toLowerCase()))?.[0];
  if (known === 'h') return '10m';
  if (known === undefined) return undefined;
  const amount = count.replace(',', '.').replace(/^\./, '0.');
  if (Number(amount) * (UNIT_MS[known] ?? 0) > MOST_TIMEOUT_MS) return '10m';
  const ms = timeMs(amount + known);
  return ms !== undefined && ms >= 1 ? amount + known : undefined;
}

const UNIT_WORDS: Readonly<Record<string, readonly string[]>> = {
  ms: ['ms', 'msec', 'millis', 'milliseconds'],
  s: ['', 's', 'sec', 'secs', 'second', 'seconds'],
  m: ['m', 'min', 'mins', 'minute', 'minutes'],
  h: ['h', 'hr', 'hour', 'hours', 'd', 'day', 'days'],
};
