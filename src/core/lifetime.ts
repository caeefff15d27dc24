/**
 * How long a public CA may let a leaf live, by the day it was issued: the CA/Browser Forum's TLS Baseline Requirements,
 * 6.3.2, with the steps of ballots 193 (825 days), SC31 (398 days) and SC-081v3 (200, 100 and 47 days). Dates in them
 * begin at 00:00 UTC (1.6.4). An older certificate is judged by the rule of its own day; before 2018 the rule counted in
 * months, and nothing issued under it is valid any more.
 *
 * Limits: a CA may date a certificate back, so not before stands for the day of issuance, in the CA's favour.
 */
import type { Certificate } from './certificate.ts';

export interface LifetimeRule {
  /** The first instant at which it holds. */
  readonly issuedFrom: Date;
  readonly mostDays: number;
}

/** Oldest first. */
export const LIFETIME_RULES: readonly LifetimeRule[] = [
  { issuedFrom: new Date('2018-03-01T00:00:00Z'), mostDays: 825 },
  { issuedFrom: new Date('2020-09-01T00:00:00Z'), mostDays: 398 },
  { issuedFrom: new Date('2026-03-15T00:00:00Z'), mostDays: 200 },
  { issuedFrom: new Date('2027-03-15T00:00:00Z'), mostDays: 100 },
  { issuedFrom: new Date('2029-03-15T00:00:00Z'), mostDays: 47 },
];

const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

/** The rule for a certificate issued at `instant`; `undefined` before the first of them. */
export function lifetimeRuleAt(instant: Date): LifetimeRule | undefined {
  return LIFETIME_RULES.findLast(({ issuedFrom }) => issuedFrom.getTime() <= instant.getTime());
}

/**
 * The validity period in days of 86,400 s, a begun day counted in full (Baseline Requirements, 6.3.2). Both ends are
 * inclusive (RFC 5280, 4.1.2.5), so one that ends exactly 398 days after it began lasted 398 days and a second: 399.
 */
export function validityDays({ notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>): number {
  return Math.ceil((notAfter.getTime() - notBefore.getTime() + SECOND_MS) / DAY_MS);
}

/** The rule that a leaf of a public CA breaks; `undefined` where it keeps it, or none is known for its day. */
export function brokenLifetimeRule(leaf: Pick<Certificate, 'notBefore' | 'notAfter'>): LifetimeRule | undefined {
  const rule = lifetimeRuleAt(leaf.notBefore);
  return rule !== undefined && validityDays(leaf) > rule.mostDays ? rule : undefined;
}
