/** The command line of `certmon probe`, and the lines of its lists: one grammar, read into what is to be probed. */
import { parseEndpoint } from '../core/endpoint.ts';
import { parsed, refused } from '../core/errors.ts';
import type { Parsed } from '../core/errors.ts';
import type { Endpoint } from '../core/monitor.ts';
import { nearest } from '../core/nearest.ts';
import { quote } from '../core/quote.ts';

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

type Kind = 'switch' | 'value';

const FLAGS = {
  file: 'value',
  concurrency: 'value',
  'per-address': 'value',
  sni: 'value',
  direct: 'switch',
  ca: 'value',
  'ca-only': 'switch',
  timeout: 'value',
  json: 'switch',
} as const satisfies Record<string, Kind>;

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

/** One line of a list: `HOST[:PORT] PROTOCOL [--sni NAME] [--direct]`. */
export function parseListLine(line: string, defaults: LineDefaults): Parsed<Endpoint> {
  const split = splitWords(line.trim().split(/\s+/), LINE_FLAGS);
  if (!split.ok) return split;
  const { positional, flags } = split.value;
  return endpointOf(positional, flags.get('sni') ?? defaults.sni, flags.has('direct') || defaults.direct);
}

function targetOf(positional: readonly string[], flags: ReadonlyMap<Flag, string>): Parsed<ProbeArguments['target']> {
  const listFile = flags.get('file');
  if (listFile === undefined) {
    for (const flag of ['concurrency', 'per-address'] as const) {
      if (flags.has(flag)) return refused(`--${flag} goes with --file LIST only`);
    }
    const endpoint = endpointOf(positional, flags.get('sni'), flags.has('direct'));
    return endpoint.ok ? parsed({ endpoint: endpoint.value }) : endpoint;
  }
  const [first] = positional;
  if (first !== undefined) return refused(`${quote(first)} and --file cannot both be given: the hosts are in the file`);
  return parsed({ listFile });
}

function endpointOf(positional: readonly string[], sni: string | undefined, direct: boolean): Parsed<Endpoint> {
  const [host, protocol, extra] = positional;
  if (host === undefined) return refused('no host given: write HOST[:PORT] PROTOCOL', 'mail.example.com smtp');
  if (protocol === undefined) return refused(`no protocol given after ${quote(host)}`, `${host} https`);
  if (extra !== undefined) return refused(`${quote(extra)} is one word too many: write HOST[:PORT] PROTOCOL`);
  return parseEndpoint(host, protocol, { direct, ...(sni === undefined ? {} : { sni }) });
}

interface Words {
  readonly positional: readonly string[];
  /** A switch has an empty value. */
  readonly flags: ReadonlyMap<Flag, string>;
}

/** A value stands after its flag, or behind `=`. */
function splitWords(words: readonly string[], allowed: readonly Flag[]): Parsed<Words> {
  const positional: string[] = [];
  const flags = new Map<Flag, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-') || word === '-') {
      positional.push(word);
      continue;
    }
    const [, name = '', inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const flag = allowed.find((one) => one === name && word.startsWith('--'));
    if (flag === undefined) return unknownFlag(word, name, allowed);
    if (flags.has(flag)) return refused(`--${flag} is given twice`);
    if (FLAGS[flag] === 'switch') {
      if (inline !== undefined) return refused(`--${flag} takes no value`, `--${flag}`);
      flags.set(flag, '');
      continue;
    }
    const value = inline ?? words[at + 1];
    if (value === undefined || value === '' || (inline === undefined && value.startsWith('--'))) {
      return refused(`--${flag} needs a value after it`);
    }
    if (inline === undefined) at += 1;
    flags.set(flag, value);
  }
  return parsed({ positional, flags });
}

function unknownFlag(word: string, name: string, allowed: readonly Flag[]): Parsed<never> {
  const meant = nearest(name, allowed);
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
  const [, count = '', unit = 's'] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text) ?? [];
  const ms = count === '' ? 0 : Math.round(Number(count) * (UNIT_MS[unit] ?? 0));
  if (ms >= 1 && ms <= MOST_TIMEOUT_MS) return parsed(ms);
  return refused(`--timeout ${quote(text)} is not a time from 1ms to 10m`, '10s');
}
