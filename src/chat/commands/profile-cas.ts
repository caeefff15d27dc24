/** The CAs that a person wants trusted: from a file of theirs, or as text; read and looked at before they are kept. */
import { counted } from '../../core/counted.ts';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { instantText } from '../../core/instant-text.ts';
import type { OwnCas } from '../../core/ports.ts';
import { quote } from '../../core/quote.ts';
import type { ProfileWish } from '../grammar/profiles.ts';
import type { Block, Reply } from '../message.ts';
import { note, refusal, text } from '../reply.ts';
import type { CommandContext } from './context.ts';

const LARGEST_FILE_BYTES = 1_000_000;

type GivenCas = Exclude<NonNullable<ProfileWish['ca']>, 'none'>;

export async function readGivenCas(
  context: CommandContext,
  given: GivenCas,
): Promise<{ readonly found: OwnCas } | { readonly refused: Reply }> {
  const pem = 'pem' in given ? given.pem : await readPemFile(context, given.file);
  if (typeof pem !== 'string') return pem;
  const read = context.deps.readCas(pem);
  if (read.ok) return { found: read.value };
  const what = 'pem' in given ? 'the certificates' : quote(given.file, 100);
  return { refused: refusal(`Nothing was changed: ${what} cannot be taken as CAs, ${read.problem.message}`) };
}

async function readPemFile(context: CommandContext, file: string): Promise<string | { readonly refused: Reply }> {
  if (context.incoming.platform !== 'console') {
    return {
      refused: refusal(`${quote(file, 100)} is a file, and from here none can be read: nothing was changed`, [
        text('Paste the certificates themselves after --ca: -----BEGIN CERTIFICATE----- and all that follows.'),
      ]),
    };
  }
  const path = resolve(file);
  try {
    const { size } = await stat(path);
    if (size > LARGEST_FILE_BYTES) {
      return {
        refused: refusal(`The file ${quote(path, 200)} is ${String(size)} bytes large: no CAs, so it was not read`),
      };
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (reason === undefined) throw error;
    return { refused: refusal(`The file ${quote(path, 200)} cannot be read (${reason}): nothing was changed`) };
  }
}

/** What was taken, and what is odd about it. */
export function casBlocks({ certificates }: OwnCas, now: Date): Block[] {
  const odd = certificates.flatMap(({ subject, notAfter, isCa, isSelfSigned }) => [
    ...(notAfter.getTime() < now.getTime() ? [`${quote(subject, 100)} expired at ${instantText(notAfter)}.`] : []),
    ...(isCa || isSelfSigned ? [] : [`${quote(subject, 100)} is no CA: nothing that it signed is trusted for it.`]),
    ...(isCa && !isSelfSigned
      ? [`${quote(subject, 100)} is an intermediate: it helps on the way to its root, which has to be trusted too.`]
      : []),
  ]);
  const names = certificates.slice(0, 5).map(({ subject }) => quote(subject, 100));
  const more = certificates.length - names.length;
  return [
    text(
      `Taken: ${counted(certificates.length, 'CA certificate')}, ${names.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}.`,
    ),
    ...odd.map((line) => note(line)),
  ];
}
