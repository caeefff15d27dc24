import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/core/certificate.ts';
import { differenceOf } from '../../src/core/change.ts';
import { certificate, selfSigned } from '../helpers/builders.ts';

const names = (...values: string[]): Certificate['subjectAltNames'] => values.map((value) => ({ type: 'dns', value }));
const issued = (issuer: string, overrides: Partial<Certificate> = {}) => certificate({ issuer, ...overrides });

describe('a plain renewal', () => {
  it.each([
    { title: 'the same again', last: certificate(), next: certificate({ serialNumber: '02' }) },
    {
      title: 'by another issuing certificate of the same CA',
      last: issued("CN=R10, O=Let's Encrypt, C=US"),
      next: issued("CN=R11, O=Let's Encrypt, C=US"),
    },
    {
      title: 'by a CA without an organisation',
      last: issued('CN=Our CA'),
      next: issued('CN=Our CA', { keyBits: 384 }),
    },
    {
      title: 'with more names',
      last: certificate({ subjectAltNames: names('a.example.com') }),
      next: certificate({ subjectAltNames: names('A.example.com', 'b.example.com') }),
    },
    {
      title: 'with a wildcard that covers the name',
      last: certificate({ subjectAltNames: names('a.example.com') }),
      next: certificate({ subjectAltNames: names('*.example.com') }),
    },
    { title: 'with a larger key', last: certificate(), next: certificate({ keyBits: 384 }) },
    {
      title: 'with a key of another kind',
      last: certificate({ keyType: 'rsa', keyBits: 4096 }),
      next: certificate({ keyType: 'ec', keyBits: 256 }),
    },
    { title: 'signed by itself, as before', last: selfSigned(), next: selfSigned({ serialNumber: '02' }) },
  ])('$title', ({ last, next }) => {
    expect(differenceOf(last, next)).toBeUndefined();
  });
});

describe('another certificate', () => {
  it.each([
    {
      title: 'of another CA',
      last: issued("CN=R10, O=Let's Encrypt, C=US"),
      next: issued('CN=Evil CA, O=Evil, C=XX'),
      difference: { issuer: { from: "R10 (Let's Encrypt)", to: 'Evil CA (Evil)' } },
    },
    {
      title: 'of a CA that only one has an organisation for',
      last: issued('CN=Our CA'),
      next: issued('CN=Our CA, O=Others'),
      difference: { issuer: { from: 'Our CA', to: 'Our CA (Others)' } },
    },
    {
      title: 'signed by itself, with the name of the CA',
      last: issued('CN=Our CA, O=Example'),
      next: issued('CN=Our CA, O=Example', { isSelfSigned: true }),
      difference: { issuer: { from: 'Our CA (Example)', to: 'itself (self-signed)' } },
    },
    {
      title: 'that lost names',
      last: certificate({ subjectAltNames: names('a.example.com', '*.example.com', 'b.c.example.com') }),
      next: certificate({ subjectAltNames: names('*.example.com') }),
      difference: { namesLost: ['b.c.example.com'] },
    },
    {
      title: 'with a smaller key',
      last: certificate({ keyType: 'rsa', keyBits: 4096 }),
      next: certificate({ keyType: 'rsa', keyBits: 2048 }),
      difference: { key: { from: 'RSA 4096 bits', to: 'RSA 2048 bits' } },
    },
    {
      title: 'with a weak key of another kind',
      last: certificate({ keyType: 'ec', keyBits: 256 }),
      next: certificate({ keyType: 'rsa', keyBits: 1024 }),
      difference: { key: { from: 'EC 256 bits', to: 'RSA 1024 bits' } },
    },
  ])('$title', ({ last, next, difference }) => {
    expect(differenceOf(last, next)).toEqual({ issuer: undefined, namesLost: [], key: undefined, ...difference });
  });
});
