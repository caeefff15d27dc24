/** When certificates begin and end: the leaf's, and every other one's on the path. */
import { critical, describeCases, info, warning } from '../../helpers/case-suite.ts';
import type { Case } from '../../helpers/case-suite.ts';
import { forgeCa, forgeLeaf, fromNow } from '../../helpers/forge.ts';
import type { Forged } from '../../helpers/forge.ts';

const HOUR = 1 / 24;
const root = forgeCa('Root');
const intermediate = forgeCa('Intermediate', { issuer: root });
/** Of our own: the lifetimes that public CAs keep to are none of its business. */
const ownRoot = forgeCa('Own Root');
const ownCa = forgeCa('Own CA', { issuer: ownRoot });
const retiredRoot = forgeCa('Retired Root', { notBefore: fromNow(-4000), notAfter: fromNow(-3) });
const futureRoot = forgeCa('Future Root', { notBefore: fromNow(5) });
const old = { notBefore: fromNow(-800), notAfter: fromNow(-3) };

/** Issued so that `left` of its `lifetime` days are left. */
function ageing(lifetime: number, left: number): Forged {
  return forgeLeaf(ownCa, { notBefore: fromNow(left - lifetime), notAfter: fromNow(left) });
}

/** Thresholds 60, 30, 15 and 7 days, shrunk so that the largest is 30 % of the lifetime. */
const THRESHOLDS = [
  { lifetime: 398, left: 61, crossed: undefined },
  { lifetime: 398, left: 59, crossed: warning('expiring', undefined, /58 days left \(threshold 60 d\)/) },
  { lifetime: 398, left: 29, crossed: warning('expiring', undefined, /28 days left \(threshold 30 d\)/) },
  { lifetime: 398, left: 14, crossed: warning('expiring', undefined, /13 days left \(threshold 15 d\)/) },
  { lifetime: 398, left: 6, crossed: critical('expiring', undefined, /5 days left \(threshold 7 d\)/) },
  { lifetime: 90, left: 28, crossed: undefined },
  { lifetime: 90, left: 26, crossed: warning('expiring', undefined, /threshold 60 d, scaled to 27\.0 d/) },
  { lifetime: 90, left: 13, crossed: warning('expiring', undefined, /threshold 30 d, scaled to 13\.5 d/) },
  { lifetime: 90, left: 6, crossed: warning('expiring', undefined, /threshold 15 d, scaled to 6\.7 d/) },
  { lifetime: 90, left: 3, crossed: critical('expiring', undefined, /threshold 7 d, scaled to 3\.1 d/) },
  { lifetime: 47, left: 15, crossed: undefined },
  { lifetime: 47, left: 14, crossed: warning('expiring', undefined, /threshold 60 d, scaled to 14\.1 d/) },
  { lifetime: 47, left: 1.5, crossed: critical('expiring', undefined, /threshold 7 d, scaled to 1\.6 d/) },
  { lifetime: 6, left: 2, crossed: undefined },
  { lifetime: 6, left: 1.7, crossed: warning('expiring', undefined, /threshold 60 d, scaled to 1\.8 d/) },
  { lifetime: 6, left: 0.8, crossed: warning('expiring', undefined, /threshold 30 d, scaled to 21\.6 h/) },
  { lifetime: 6, left: 0.2, crossed: critical('expiring', undefined, /less than a day left .* scaled to 5\.0 h/) },
] as const;

const thresholds: readonly Case[] = THRESHOLDS.map(({ lifetime, left, crossed }) => ({
  of: `${left} of ${lifetime} days left`,
  scene: () => {
    const leaf = ageing(lifetime, left);
    return {
      serve: [leaf, ownCa],
      finds: crossed === undefined ? [] : [{ ...crossed, about: leaf }],
      own: { cas: [ownRoot], only: true },
      path: [leaf, ownCa, ownRoot],
      daysLeft: Math.ceil(left) - 1,
      status: crossed === undefined ? 'valid' : 'expiring',
    };
  },
}));

describeCases(
  'dates',
  [root, retiredRoot, futureRoot],
  [
    {
      of: 'a leaf that expired three days ago',
      scene: () => {
        const leaf = forgeLeaf(intermediate, { notBefore: fromNow(-40), notAfter: fromNow(-3) });
        const words = /Leaf certificate 'mail\.example\.com' .* 3 days ago/;
        const finds = [critical('expired', leaf, words)];
        return {
          serve: [leaf, intermediate],
          finds,
          path: [leaf, intermediate, root],
          daysLeft: -4,
          status: 'expired',
        };
      },
    },
    {
      of: 'a leaf that expired an hour ago',
      scene: () => {
        const leaf = forgeLeaf(intermediate, { notBefore: fromNow(-40), notAfter: fromNow(-HOUR) });
        const finds = [critical('expired', leaf, /less than a day ago/)];
        return { serve: [leaf, intermediate], finds, path: [leaf, intermediate, root], daysLeft: -1 };
      },
    },
    {
      of: 'a leaf with two hours left: 0 days are a number',
      scene: () => {
        const leaf = ageing(90, 2 * HOUR);
        const finds = [critical('expiring', leaf, /less than a day left/)];
        return { serve: [leaf, ownCa], own: { cas: [ownRoot], only: true }, finds, daysLeft: 0, status: 'expiring' };
      },
    },
    {
      of: 'a leaf of next week',
      scene: () => {
        const leaf = forgeLeaf(intermediate, { notBefore: fromNow(7), notAfter: fromNow(47) });
        const finds = [critical('not-yet-valid', leaf)];
        return { serve: [leaf, intermediate], finds, path: [leaf, intermediate, root], status: 'error' };
      },
    },
    {
      of: 'a leaf that ends before it begins',
      scene: () => {
        const leaf = forgeLeaf(intermediate, { notBefore: fromNow(7), notAfter: fromNow(-7) });
        return { serve: [leaf, intermediate], finds: [critical('expired', leaf), critical('not-yet-valid', leaf)] };
      },
    },
    {
      of: 'an expired intermediate under a leaf that is fine',
      scene: () => {
        const gone = forgeCa('Gone', { issuer: root, ...old });
        const leaf = forgeLeaf(gone);
        const finds = [critical('expired', gone, /Intermediate certificate 'Gone'/, /current chain from the CA/)];
        return { serve: [leaf, gone], finds, path: [leaf, gone, root], daysLeft: -4, status: 'expired' };
      },
    },
    {
      of: 'an intermediate that ends before the leaf does',
      scene: () => {
        const ending = forgeCa('Ending', { issuer: root, notBefore: fromNow(-800), notAfter: fromNow(6) });
        const leaf = forgeLeaf(ending);
        const finds = [critical('expiring', ending, /'Ending' .* 5 days left \(threshold 7 d\)/)];
        return { serve: [leaf, ending], finds, path: [leaf, ending, root], daysLeft: 5, status: 'expiring' };
      },
    },
    {
      of: 'an intermediate of next week',
      scene: () => {
        const young = forgeCa('Young', { issuer: root, notBefore: fromNow(7) });
        const leaf = forgeLeaf(young);
        return { serve: [leaf, young], finds: [critical('not-yet-valid', young)], path: [leaf, young, root] };
      },
    },
    {
      of: 'an expired root in the trust store',
      scene: () => {
        const leaf = forgeLeaf(retiredRoot);
        const finds = [critical('expired', retiredRoot, /Root certificate 'Retired Root'/)];
        return { serve: [leaf], finds, path: [leaf, retiredRoot], daysLeft: -4 };
      },
    },
    {
      of: 'a root of next week in the trust store',
      scene: () => {
        const leaf = forgeLeaf(futureRoot);
        return { serve: [leaf], finds: [critical('not-yet-valid', futureRoot)], path: [leaf, futureRoot] };
      },
    },
    {
      of: 'leaf, intermediate and root expired: each is told',
      scene: () => {
        const gone = forgeCa('Gone', { issuer: retiredRoot, ...old });
        const leaf = forgeLeaf(gone, { notBefore: fromNow(-40), notAfter: fromNow(-1) });
        const all = [leaf, gone, retiredRoot];
        const finds = [...all].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
        return { serve: [leaf, gone], finds: finds.map((one) => critical('expired', one)), path: all };
      },
    },
    {
      of: 'an expired certificate that has nothing to do with the leaf',
      scene: () => {
        const leaf = forgeLeaf(intermediate);
        const stray = forgeCa('Stray', { issuer: root, ...old });
        return {
          serve: [leaf, intermediate, stray],
          finds: [info('untidy-chain', leaf, /'Stray'/)],
          path: [leaf, intermediate, root],
          daysLeft: 39,
          status: 'valid',
        };
      },
    },
    {
      of: 'an expired leaf of a CA that nobody trusts: both are told',
      scene: () => {
        const strange = forgeCa('Strange CA', { issuer: forgeCa('Strange Root') });
        const leaf = forgeLeaf(strange, { notBefore: fromNow(-40), notAfter: fromNow(-3) });
        const finds = [critical('expired', leaf), critical('untrusted', strange)];
        return { serve: [leaf, strange], finds, path: undefined, status: 'expired' };
      },
    },
    {
      of: 'an expired self-signed leaf: both are told',
      scene: () => {
        const leaf = forgeLeaf(undefined, { notBefore: fromNow(-40), notAfter: fromNow(-3) });
        return { serve: [leaf], finds: [critical('expired', leaf), critical('self-signed', leaf)], path: undefined };
      },
    },
    {
      of: 'an expired leaf whose intermediate is missing',
      scene: () => {
        const leaf = forgeLeaf(intermediate, { notBefore: fromNow(-40), notAfter: fromNow(-3) });
        return { serve: [leaf], finds: [critical('expired', leaf), critical('untrusted', leaf)], path: undefined };
      },
    },
    {
      of: 'a lifetime that ends in the year 2050 and after, which is written otherwise',
      scene: () => {
        const far = forgeCa('Far', { issuer: ownRoot, notAfter: new Date('2050-01-01T00:00:00Z') });
        const leaf = forgeLeaf(far, { notAfter: new Date('9999-12-31T23:59:59Z') });
        return { serve: [leaf, far], own: { cas: [ownRoot], only: true }, finds: [], path: [leaf, far, ownRoot] };
      },
    },
    ...thresholds,
  ],
);
