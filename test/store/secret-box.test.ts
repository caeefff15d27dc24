import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretBox, SecretBoxError } from '../../src/store/secret-box.ts';

const OLD = 'an-old-secret-of-thirty-two-chars';
const NEW = 'a-new-secret-of-thirty-two-chars!';
const text = fc.string({ unit: 'binary', maxLength: 200 });

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SecretBoxError) return error.message;
    throw error;
  }
  return 'opened';
}

describe('the secret box', () => {
  it('opens what it sealed, for the row that it was sealed for', () => {
    const box = createSecretBox([NEW]);
    fc.assert(
      fc.property(text, text, (plain, row) => {
        expect(box.open(box.seal(plain, row), row)).toBe(Buffer.from(plain).toString());
      }),
    );
  });

  it('opens nothing of another row', () => {
    const box = createSecretBox([NEW]);
    fc.assert(
      fc.property(text, text, text, (plain, row, other) => {
        fc.pre(Buffer.compare(Buffer.from(row), Buffer.from(other)) !== 0);
        expect(refusal(() => box.open(box.seal(plain, row), other))).toContain('another row');
      }),
    );
  });

  it('opens nothing of which any character was changed, or any was cut off', () => {
    const box = createSecretBox([NEW]);
    fc.assert(
      fc.property(text, fc.nat(), fc.integer({ min: 1, max: 63 }), (plain, position, by) => {
        const sealed = box.seal(plain, 'row');
        const at = position % sealed.length;
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        const char = sealed.charAt(at);
        const other = alphabet.charAt((Math.max(0, alphabet.indexOf(char)) + by) % 64);
        fc.pre(other !== char);
        expect(refusal(() => box.open(sealed.slice(0, at) + other + sealed.slice(at + 1), 'row'))).not.toBe('opened');
        expect(refusal(() => box.open(sealed.slice(0, at), 'row'))).not.toBe('opened');
      }),
    );
  });

  it('opens nothing that is the same bytes in another spelling', () => {
    const box = createSecretBox([NEW]);
    const sealed = box.seal('a', 'row');
    const [version, keyId, body = ''] = sealed.split('.');
    const bytes = Buffer.from(body, 'base64url');
    const twins = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_='
      .split('')
      .map((last) => body.slice(0, -1) + last)
      .concat(`${body}=`, `${body}!`)
      .filter((twin) => twin !== body && Buffer.from(twin, 'base64url').equals(bytes));
    expect(twins.length).toBeGreaterThan(2);
    for (const twin of twins) expect(refusal(() => box.open(`${version}.${keyId}.${twin}`, 'row'))).not.toBe('opened');
  });

  it('never seals the same twice alike, and shows nothing of it', () => {
    const box = createSecretBox([NEW]);
    const sealed = Array.from({ length: 50 }, () => box.seal('xoxb-token', 'row'));
    expect(new Set(sealed).size).toBe(50);
    expect(sealed.join('')).not.toContain('xoxb');
    expect(sealed.join('')).not.toContain(NEW.slice(0, 8));
  });

  it('says which key is missing, and what to do', () => {
    const sealed = createSecretBox([OLD]).seal('token', 'row');
    const [, keyId = ''] = sealed.split('.');
    expect(refusal(() => createSecretBox([NEW]).open(sealed, 'row'))).toBe(
      `it was sealed with key ${keyId}, which CERTMON_SECRET_KEY does not hold; add that key after the new one, behind a comma`,
    );
  });

  it('rotates: seals with the first key, opens with any, and knows what is old', () => {
    const before = createSecretBox([OLD]).seal('token', 'row');
    const both = createSecretBox([NEW, OLD]);
    const after = both.seal('token', 'row');
    expect([both.open(before, 'row'), both.open(after, 'row')]).toEqual(['token', 'token']);
    expect([both.isOld(before), both.isOld(after)]).toEqual([true, false]);
    expect(createSecretBox([NEW]).open(after, 'row')).toBe('token');
  });

  it('without a key seals nothing', () => {
    expect(refusal(() => createSecretBox([]).seal('token', 'row'))).toContain('set CERTMON_SECRET_KEY');
  });

  it.each(['', 'token', '1.abc', '2.aaaaaaaaaaaa.AAAA', '1.aaaaaaaaaaaa.AAAA', '1.a.b.c'])(
    '"%s" is not sealed',
    (sealed) => {
      expect(refusal(() => createSecretBox([NEW]).open(sealed, 'row'))).toContain('not what certmon seals');
    },
  );
});
