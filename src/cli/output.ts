/** Standard output and standard error of a command that ends when it has said all. */
import type { Readable } from 'node:stream';
import { codeOf } from '../probe/errors.ts';

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export type Input = Readable & { readonly isTTY?: boolean };

export interface Pen {
  /**
   * Waits until the text is out, since the process ends right after. False: nobody reads any more (`| head`).
   *
   * @throws {Error} the system's, for any other reason why it cannot be written.
   */
  write(text: string): Promise<boolean>;
}

export function createPen(output: Output): Pen {
  // A stream tells of an error twice, and would end the process if nobody listened: the callback is what counts.
  output.on('error', () => undefined);
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        output.write(text, (error) => {
          if (!(error instanceof Error)) resolve(true);
          else if (codeOf(error) === 'EPIPE') resolve(false);
          else reject(error);
        });
      }),
  };
}
