import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `readsOneChunk`: leaves after the first words, as `head` does. */
function certmon(words: readonly string[], env: NodeJS.ProcessEnv = {}, readsOneChunk = false): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...words], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    heard.out += chunk.toString();
    if (readsOneChunk) child.stdout.destroy();
  });
  child.stderr.on('data', (chunk: Buffer) => (heard.err += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ code, ...heard });
    });
  });
}

describe('the command line', () => {
  it.each([
    { words: ['console', '--help'], code: 0, out: /^certmon watches/, err: /^$/ },
    { words: ['migrate', '-h'], code: 0, out: /^certmon watches/, err: /^$/ },
    { words: ['probe', '-h'], code: 0, out: /^certmon probe looks/, err: /^$/ },
    { words: ['help', 'probe'], code: 0, out: /^certmon probe looks/, err: /^$/ },
    { words: ['manifest', '-h'], code: 0, out: /^certmon manifest prints/, err: /^$/ },
    { words: ['import'], code: 64, out: /^$/, err: /^certmon: import: this version does not have it yet\./ },
    { words: ['strat'], code: 64, out: /^$/, err: /Did you mean "certmon start"\?/ },
    { words: ['stop'], code: 64, out: /^$/, err: /^certmon: there is no command "stop"\.\n/ },
  ])(
    '$words: $code',
    async ({ words, code, out, err }) => {
      const ran = await certmon(words);
      expect(ran.code).toBe(code);
      expect(ran.out).toMatch(out);
      expect(ran.err).toMatch(err);
    },
    30_000,
  );

  it('the demo ends quietly when nobody reads on, and leaves nothing behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certmon-main-'));
    const ran = await certmon(['demo'], { TMPDIR: folder }, true);
    expect(ran).toMatchObject({ code: 0, err: '' });
    const left = (await readdir(folder)).filter((name) => name.startsWith('certmon-demo-'));
    expect(left).toEqual([]);
    await rm(folder, { recursive: true });
  }, 60_000);
});
