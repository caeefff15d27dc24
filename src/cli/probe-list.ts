/** The lists of `certmon probe --file`: read whole, and taken apart into the lines that name something. */
import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AppError } from '../core/errors.ts';
import { cut } from '../core/quote.ts';
import { codeOf } from '../probe/errors.ts';
import type { Input } from './output.ts';

export interface ListLine {
  readonly text: string;
  /** As editors count. */
  readonly number: number;
}

/** The list cannot be read, or is empty. */
export class ListError extends AppError {
  readonly code = 'list';
}

const STANDARD_INPUT = '-';
const PATH_LIMIT = 200;

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ENAMETOOLONG: 'the name is too long for a file',
};

/** Why a file cannot be read, in words where there are some. */
export function whyUnreadable(code: string): string {
  return READ_FAILURES[code] ?? code;
}

/** @throws {ListError} */
export async function readList(path: string, stdin: Input, signal: AbortSignal): Promise<ListLine[]> {
  const name = path === STANDARD_INPUT ? 'on standard input' : cut(path, PATH_LIMIT);
  let bytes: Buffer;
  try {
    bytes = path === STANDARD_INPUT ? await buffer(addAbortSignal(signal, stdin)) : await readFile(path, { signal });
  } catch (error) {
    const code = codeOf(error);
    if (code === '' || signal.aborted) throw error;
    throw new ListError(`the list ${name} cannot be read: ${whyUnreadable(code)}`, { cause: error });
  }
  if (isUtf16(bytes)) throw new ListError(`the list ${name} is in UTF-16: save it in UTF-8`);
  const lines = bytes
    .toString('utf8')
    .split(/\r\n|\n|\r/)
    .flatMap((text, index) => (isSkipped(text) ? [] : [{ text, number: index + 1 }]));
  if (lines.length === 0) {
    throw new ListError(`the list ${name} is empty: write one HOST[:PORT] PROTOCOL a line`);
  }
  return lines;
}

/** By its byte order mark; that of UTF-8 is a blank to `trim`. */
function isUtf16(bytes: Buffer): boolean {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  return mark === 0xfffe || mark === 0xfeff;
}

function isSkipped(line: string): boolean {
  const text = line.trim();
  return text === '' || text.startsWith('#');
}
