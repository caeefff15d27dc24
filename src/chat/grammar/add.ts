/** `add`: one monitor, or a line for each of several. */
import { parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/monitor.ts';
import { findProtocol } from '../../core/protocol.ts';
import { MAX_TAGS, tagProblem } from '../../core/tag.ts';
import { missingWords, readArguments, tooLong, wrong } from './arguments.ts';
import type { Arguments, Outcome } from './arguments.ts';
import { SWITCH, needing, value, values } from './spec.ts';
import type { CommandSpec } from './spec.ts';
import { quoteWord, replaceWord, tokenize } from './tokens.ts';

export const MAX_NAME_CHARS = 100;

/** A monitor as a person wants it added; group and profile by name. */
export interface AddWish {
  readonly endpoint: Endpoint;
  readonly name: string | undefined;
  readonly profile: string | undefined;
  readonly groups: readonly string[];
  readonly tags: readonly string[];
}

export interface AddLine {
  /** Counted from 1 in the text. */
  readonly line: number;
  readonly text: string;
  readonly wish: Outcome<AddWish>;
}

/** One line that could be read, or several lines of which some may be wrong. */
export interface AddCommand {
  readonly type: 'add';
  readonly lines: readonly AddLine[];
}

export const ADD_SPECS = {
  add: {
    usage: 'add HOST[:PORT] PROTOCOL [--name N] [--profile P] [--group G]… [--tag T]… [--sni NAME] [--direct]',
    summary: 'watch a service, and see at once what its certificates are like',
    details: [
      'HOST is a name, an IPv4 address or an IPv6 address; with a port an IPv6 address stands in brackets.',
      'PROTOCOL says how TLS starts: https, smtps, smtp, imaps, imap, pops, pop, lmtp, ftps, ftp, ldaps, ldap, mysql, postgresql, sips, or tls with a port for anything else.',
      '--name is what you call it; --profile is Standard unless given; --group and --tag can be given several times.',
      '--sni asks for another name than HOST; --direct starts TLS at once on postgresql.',
      'Alerts go to the channels of its contact groups, else to the channel where it was added.',
      'Several lines add several monitors.',
    ],
    example: 'add mail.example.com smtp --name "Mail Berlin" --group ops',
    words: needing('a HOST', 'a PROTOCOL'),
    flags: {
      name: value('N'),
      profile: value('P'),
      group: values('G'),
      tag: values('T'),
      sni: value('NAME'),
      direct: SWITCH,
    },
    role: 'responder',
    onlyReads: false,
  },
} as const satisfies Record<string, CommandSpec>;

const SPEC: CommandSpec = ADD_SPECS.add;

export function readAdd(read: Arguments, line: string): Outcome<AddCommand> {
  const wish = toAddWish(read, line);
  return wish.ok ? { ok: true, value: { type: 'add', lines: [{ line: 1, text: line, wish }] } } : wish;
}

export function isAdd(line: string): boolean {
  return /^add(?:\s|$)/i.test(line);
}

/** A line of a bulk add: with `add` in front, or without from the second line on. */
export function readAddLine(line: string, isCommandWord: (word: string) => boolean): Outcome<AddWish> {
  const long = tooLong(line);
  if (long !== undefined) return long;
  const cut = tokenize(line);
  if (!cut.ok) return cut;
  const first = cut.tokens[0]?.text.toLowerCase() ?? '';
  const isBare = first !== 'add';
  if (isBare && isCommandWord(first) && cut.tokens.length < 3) {
    return wrong({ message: `${first} cannot stand among several lines: only add can`, usage: SPEC.usage });
  }
  const read = readArguments(SPEC, isBare ? cut.tokens : cut.tokens.slice(1), line);
  return read.ok ? toAddWish(read.value, line) : read;
}

function toAddWish(read: Arguments, line: string): Outcome<AddWish> {
  const { flags } = read;
  const { usage } = SPEC;
  const endpoint = toEndpoint(read, line);
  if (!endpoint.ok) return endpoint;
  const name = flags.get('name')?.[0];
  if (name !== undefined && name.length > MAX_NAME_CHARS) {
    return wrong({
      message: `the name is ${String(name.length)} characters long, ${String(MAX_NAME_CHARS)} is the most`,
      usage,
    });
  }
  const tags = [...new Set(flags.get('tag') ?? [])];
  if (tags.length > MAX_TAGS)
    return wrong({ message: `${String(tags.length)} tags are too many, ${String(MAX_TAGS)} is the most`, usage });
  for (const tag of tags) {
    const problem = tagProblem(tag);
    if (problem !== undefined) return wrong({ message: problem, usage });
  }
  return {
    ok: true,
    value: {
      endpoint: endpoint.value,
      name,
      profile: flags.get('profile')?.[0],
      groups: [...new Set(flags.get('group') ?? [])],
      tags,
    },
  };
}

/** The endpoint; or what is wrong with host or protocol, pointed at, and the line as it was probably meant. */
function toEndpoint({ words, flags }: Arguments, line: string): Outcome<Endpoint> {
  const [host, protocol] = words;
  if (host === undefined || protocol === undefined) return missingWords(SPEC, words);
  const sni = flags.get('sni')?.[0];
  const options = { direct: flags.has('direct'), ...(sni === undefined ? {} : { sni }) };
  const endpoint = parseEndpoint(host.text, protocol.text, options);
  if (endpoint.ok) return endpoint;
  const { message, suggestion } = endpoint.problem;
  const problem = { message, usage: SPEC.usage };
  const isFlag = parseEndpoint(host.text, protocol.text).ok;
  if (isFlag) return wrong(problem);
  const at = findProtocol(protocol.text) === undefined ? protocol : host;
  const meant = suggestion === undefined ? {} : { suggestion: replaceWord(line, at, quoteWord(suggestion)) };
  return wrong({ ...problem, ...meant, place: { line, column: at.start } });
}
