import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { MUTATIONS, applyAll, inPieces } from './mutate.ts';
import { recipeOf } from './recipes.ts';
import { tryRecipe } from './target.ts';
import type { Target } from './target.ts';
import { createTargets } from './targets.ts';

const number = fc.nat(65_535);
const mutation = fc.record({
  kind: fc.constantFrom(...MUTATIONS),
  at: number,
  to: number,
  size: fc.nat(255),
  value: fc.nat(255),
});
const recipe = fc.record({
  seed: number,
  mutations: fc.array(mutation, { maxLength: 8 }),
  pieces: fc.array(fc.nat(40), { maxLength: 4 }),
});

/** Names of targets, to make a test of each before they are there. */
const NAMES = [
  ...[
    'der',
    'certificate',
    'extension',
    'extensions',
    'name',
    'pem',
    'hosts',
    'resolv',
    'endpoint',
    'list-line',
    'address',
    'visible',
  ],
  ...['foreign', 'keylog', 'tls-failure', 'caa', 'dns', 'url', 'aia', 'crl', 'crl-signed', 'ocsp', 'ocsp-signed'],
  ...['signature', 'wire-handshake', 'wire-sealed'],
  ...['smtp', 'lmtp', 'imap', 'pop', 'ftp', 'ldap', 'mysql', 'postgresql'].map((protocol) => `dialogue-${protocol}`),
];

describe('any bytes, in any split, end in a value or a coded error', () => {
  let targets: readonly Target[] = [];
  beforeAll(async () => {
    targets = await createTargets();
  });

  it.each(NAMES)('%s', async (name) => {
    const target = targets.find((one) => one.name === name);
    if (target === undefined) throw new Error(`no target ${name}`);
    await fc.assert(
      fc.asyncProperty(recipe, (made) => tryRecipe(target, made)),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), recipe, async (noise, { pieces }) => {
        await target.run(Buffer.from(noise), inPieces(Buffer.from(noise), pieces));
      }),
      { numRuns: 150 },
    );
  });

  it('is asked of every target', () => {
    expect(targets.map(({ name }) => name)).toEqual(NAMES);
  });
});

describe('a recipe', () => {
  it('is the same for the same numbers, and hardly ever for others', () => {
    expect(recipeOf(1, 'der', 5)).toEqual(recipeOf(1, 'der', 5));
    const made = new Set(Array.from({ length: 1000 }, (_, at) => JSON.stringify(recipeOf(1, 'der', at))));
    expect(made.size).toBeGreaterThan(950);
  });

  it('without mutations leaves its seed as it is', () => {
    const seed = Buffer.from('30060201010401ff', 'hex');
    expect(applyAll(seed, [], [])).toEqual(seed);
  });

  it('changes an element and keeps the lengths round it right', () => {
    const seed = Buffer.from('30060201010401ff', 'hex');
    const mutation = { kind: 'element', at: 1, to: 0, size: 0, value: 0 } as const;
    expect(applyAll(seed, [mutation], []).toString('hex')).toBe('30030401ff');
  });

  it('cuts into pieces that make the whole', () => {
    const whole = Buffer.from('abcdefgh');
    expect(inPieces(whole, [0, 2]).map(String)).toEqual(['a', 'bcd', 'e', 'fgh']);
  });
});
