/** Certificates that a person pastes into a command: many lines that are one value. */
import { wrong } from './arguments.ts';
import type { Outcome } from './arguments.ts';

/** What stands in the line in their place. */
export const PEM_WORD = 'PEM';

const BLOCKS = /-----BEGIN (?:X509 )?CERTIFICATE-----[^-]*-----END (?:X509 )?CERTIFICATE-----/g;

/** The command in one line, and the certificates that stood in it, if any. A private key is nobody's to send. */
export function takePem(text: string): Outcome<{ readonly line: string; readonly pem: string | undefined }> {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    return wrong({
      message: 'there is a private key in it, and certmon needs none',
      advice: 'Whoever could read this message has the key now: replace it, and send the CA certificate alone.',
    });
  }
  const blocks = text.match(BLOCKS);
  if (blocks === null) return { ok: true, value: { line: text, pem: undefined } };
  let isFirst = true;
  const line = text
    .replace(BLOCKS, () => {
      const word = isFirst ? PEM_WORD : '';
      isFirst = false;
      return word;
    })
    // What people put round a paste so that their platform leaves it alone.
    .replaceAll('```', ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return { ok: true, value: { line, pem: `${blocks.join('\n')}\n` } };
}
