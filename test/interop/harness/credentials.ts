/** A PKI made on the spot: a root that alone is trusted, an intermediate that is sent, and leaves good and expired. */
import { createAuthority } from '../../../src/demo/authority.ts';
import type { Issuer, LeafOptions } from '../../../src/demo/authority.ts';

const DAY_MS = 86_400_000;

export const STATES = ['good', 'expired'] as const;
export type State = (typeof STATES)[number];

export interface Pki {
  readonly root: Issuer;
  readonly intermediate: Issuer;
}

export async function createPki(): Promise<Pki> {
  const root = await createAuthority('Interop Root');
  return { root, intermediate: await root.issueIntermediate('Interop Intermediate') };
}

/** What `issueLeaf` makes of its state: good for the 90 days it has by itself, or over since yesterday. */
export function datesOf(state: State): Pick<LeafOptions, 'notBefore' | 'notAfter'> {
  if (state === 'good') return {};
  return { notBefore: new Date(Date.now() - 20 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
}
