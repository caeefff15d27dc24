import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/core/certificate.ts';
import { lineOf, rightOrder, rolesOf, untidiness } from '../../src/core/chain.ts';
import { certificate, intermediate, root, selfSigned } from '../helpers/builders.ts';

const leaf = certificate();
const middle = intermediate();
const top = root();
const stranger = intermediate({ subject: 'CN=Stranger', issuer: 'CN=Nobody' });
/** The root once more, issued by an older one. */
const crossSigned = root({ issuer: 'CN=Older Root', isSelfSigned: false, serialNumber: '99' });
const path = [leaf, middle, top];

const NAMES = new Map([
  [leaf, 'leaf'],
  [middle, 'middle'],
  [top, 'top'],
  [stranger, 'stranger'],
  [crossSigned, 'cross'],
]);
const names = (some: readonly Certificate[] | undefined) => some?.map((one) => NAMES.get(one));

describe('a sent chain', () => {
  it.each([
    {
      title: 'as it should be',
      chain: [leaf, middle],
      roles: ['leaf', 'intermediate'],
    },
    {
      title: 'with the root',
      chain: [leaf, middle, top],
      roles: ['leaf', 'intermediate', 'trust-anchor'],
      untidy: { duplicates: [], extras: [], roots: ['top'] },
    },
    {
      title: 'in the wrong order',
      chain: [leaf, top, middle],
      roles: ['leaf', 'trust-anchor', 'intermediate'],
      order: ['leaf', 'middle', 'top'],
      untidy: { duplicates: [], extras: [], roots: ['top'] },
    },
    {
      title: 'with a stranger between',
      chain: [leaf, stranger, middle],
      roles: ['leaf', 'extra', 'intermediate'],
      untidy: { duplicates: [], extras: ['stranger'], roots: [] },
    },
    {
      title: 'with the leaf twice',
      chain: [leaf, leaf, middle],
      roles: ['leaf', 'extra', 'intermediate'],
      untidy: { duplicates: ['leaf'], extras: [], roots: [] },
    },
    {
      title: 'with the intermediate three times, told once',
      chain: [leaf, middle, middle, middle],
      roles: ['leaf', 'intermediate', 'extra', 'extra'],
      untidy: { duplicates: ['middle'], extras: [], roots: [] },
    },
    {
      title: 'with a stranger twice',
      chain: [leaf, middle, stranger, stranger],
      roles: ['leaf', 'intermediate', 'extra', 'extra'],
      untidy: { duplicates: ['stranger'], extras: ['stranger'], roots: [] },
    },
    {
      title: 'with a cross-signed root that the path does not need',
      chain: [leaf, middle, crossSigned],
      roles: ['leaf', 'intermediate', 'extra'],
      untidy: { duplicates: [], extras: ['cross'], roots: [] },
    },
    {
      title: 'the leaf alone',
      chain: [leaf],
      roles: ['leaf'],
    },
  ])('$title, with a path', ({ chain, roles, order, untidy }) => {
    const address = { chain, path };
    expect(rolesOf(address)).toEqual(roles);
    expect(names(rightOrder(address))).toEqual(order);
    const found = untidiness(address);
    expect(
      found && { duplicates: names(found.duplicates), extras: names(found.extras), roots: names(found.roots) },
    ).toEqual(untidy);
  });

  it.each([
    { title: 'leaf and intermediate', chain: [leaf, middle], roles: ['leaf', 'intermediate'] },
    {
      title: 'up to its own root',
      chain: [leaf, middle, top],
      roles: ['leaf', 'intermediate', 'trust-anchor'],
    },
    {
      title: 'in the wrong order',
      chain: [leaf, top, middle],
      roles: ['leaf', 'trust-anchor', 'intermediate'],
      order: ['leaf', 'middle', 'top'],
    },
    { title: 'a gap', chain: [leaf, top], roles: ['leaf', 'extra'] },
    { title: 'a stranger', chain: [leaf, middle, stranger], roles: ['leaf', 'intermediate', 'extra'] },
    {
      title: 'a cross-signed root',
      chain: [leaf, middle, crossSigned],
      roles: ['leaf', 'intermediate', 'intermediate'],
    },
  ])('$title, without a path, is linked by issuer and subject', ({ chain, roles, order }) => {
    const address = { chain, path: undefined };
    expect(rolesOf(address)).toEqual(roles);
    expect(names(rightOrder(address))).toEqual(order);
  });

  it('a trusted self-signed leaf is the leaf, not an anchor or a root too many', () => {
    const own = selfSigned();
    expect(rolesOf({ chain: [own], path: [own] })).toEqual(['leaf']);
    expect(untidiness({ chain: [own], path: [own] })).toBeUndefined();
  });

  it('issuers that go round in a circle end', () => {
    const a = intermediate({ subject: 'CN=A', issuer: 'CN=B' });
    const b = intermediate({ subject: 'CN=B', issuer: 'CN=A' });
    const looping = certificate({ issuer: 'CN=A' });
    expect(lineOf({ chain: [looping, a, b], path: undefined })).toEqual([looping, a, b]);
  });

  it('whatever is sent in whatever order has one leaf, and each is told from the others', () => {
    const any = fc.array(fc.constantFrom(leaf, middle, top, stranger, crossSigned), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(any, fc.constantFrom(path, undefined), (chain, path) => {
        const sent = [leaf, ...chain];
        const roles = rolesOf({ chain: sent, path });
        expect(roles.filter((role) => role === 'leaf')).toEqual(['leaf']);
        const needed = sent.filter((_, index) => roles[index] !== 'extra');
        expect(new Set(needed).size).toBe(needed.length);
        const right = rightOrder({ chain: sent, path });
        if (right !== undefined) expect(new Set(right)).toEqual(new Set(needed));
        expect(rightOrder({ chain: right ?? sent, path })).toBeUndefined();
        expect(untidiness({ chain: [leaf, middle], path })).toBeUndefined();
      }),
    );
  });
});
