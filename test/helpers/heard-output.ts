/** Standard output or error of a command that runs in this process: keeps what was written. */
import { Writable } from 'node:stream';

export class HeardOutput extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
