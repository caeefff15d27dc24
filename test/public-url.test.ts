import { describe, expect, it } from 'vitest';
import { parsePublicUrl } from '../src/public-url.ts';

describe('a public URL', () => {
  it.each([
    ['https://certmon.example.com', 'https://certmon.example.com'],
    ['https://certmon.example.com/', 'https://certmon.example.com'],
    ['https://certmon.example.com:8443', 'https://certmon.example.com:8443'],
    ['https://example.com/certmon/', 'https://example.com/certmon'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('%s is %s', (text, origin) => {
    const read = parsePublicUrl(text);
    expect(read.ok && read.value).toBe(origin);
  });

  it.each([
    ['certmon.example.com', 'is not a URL'],
    ['http://certmon.example.com', 'is not https'],
    ['http://127.0.0.1.example.com', 'is not https'],
    ['http://localhost.example.com', 'is not https'],
    ['ftp://certmon.example.com', 'is not https'],
    ['https://certmon.example.com/?a=b', 'write https://certmon.example.com'],
    ['https://certmon.example.com/#a', 'has more than a host'],
    ['https://ann:secret@certmon.example.com', 'names a user or a password'],
  ])('%s is refused: %s', (text, why) => {
    const read = parsePublicUrl(text);
    expect(read.ok ? '' : read.problem.message).toContain(why);
    expect(read.ok ? '' : read.problem.message).not.toContain('secret');
  });
});
