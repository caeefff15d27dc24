/** The shape of what is sent: order, repeats, strangers, cross-signs, length. */
import { critical, describeCases, info, warning } from '../../helpers/case-suite.ts';
import type { Case } from '../../helpers/case-suite.ts';
import { forge, forgeCa, forgeLeaf, fromNow } from '../../helpers/forge.ts';
import type { Forged } from '../../helpers/forge.ts';
import { basicConstraints, keyUsage } from '../../helpers/forge-extensions.ts';

const root = forgeCa('Root');
const upper = forgeCa('Upper', { issuer: root });
const lower = forgeCa('Lower', { issuer: upper });
const leaf = forgeLeaf(lower);
const path = [leaf, lower, upper, root];

const strangeRoot = forgeCa('Strange Root');
const stranger = forgeCa('Stranger', { issuer: strangeRoot });

/** A root that all trust by now, and the older one that vouched for it before. */
const olderRoot = forgeCa('Older Root', { notBefore: fromNow(-7000), notAfter: fromNow(-3) });
const youngRoot = forgeCa('Young Root');
const issuing = forgeCa('Issuing', { issuer: youngRoot });
const crossed = forgeLeaf(issuing);

/** Another certificate for the name and key of `ca`, signed by `issuer`. */
function crossSign(ca: Forged, issuer: Forged, validity: { notBefore?: Date; notAfter?: Date } = {}): Forged {
  return forge({
    subject: ca.subject,
    key: ca.key,
    issuer,
    notAfter: fromNow(2000),
    ...validity,
    extensions: [basicConstraints({ ca: true }), keyUsage('keyCertSign')],
  });
}

const expiredCross = crossSign(youngRoot, olderRoot, { notBefore: fromNow(-4000), notAfter: fromNow(-3) });
const validCross = crossSign(youngRoot, olderRoot, { notBefore: fromNow(-4000) });

function tower(height: number): readonly Forged[] {
  const floors: Forged[] = [root];
  for (let floor = 1; floor <= height; floor += 1) {
    floors.unshift(forgeCa(`Floor ${floor}`, { issuer: floors[0] ?? root }));
  }
  return floors;
}

const CASES: readonly Case[] = [
  { of: 'as it should be', scene: () => ({ serve: [leaf, lower, upper], finds: [], path, status: 'valid' }) },
  {
    of: 'the intermediates in the wrong order',
    scene: () => ({
      serve: [leaf, upper, lower],
      finds: [warning('wrong-order', leaf, /'mail\.example\.com', then 'Lower', then 'Upper'/)],
      path,
      status: 'valid',
    }),
  },
  {
    of: 'the root before the intermediates',
    scene: () => ({
      serve: [leaf, root, lower, upper],
      finds: [warning('wrong-order', leaf, /then 'Lower', then 'Upper'/), info('untidy-chain', leaf, /'Root'/)],
      path,
    }),
  },
  {
    of: 'all of it upside down behind the leaf',
    scene: () => ({
      serve: [leaf, root, upper, lower],
      finds: [warning('wrong-order', leaf), info('untidy-chain', leaf, /'Root'/)],
      path,
    }),
  },
  {
    of: 'the leaf twice',
    scene: () => ({
      serve: [leaf, leaf, lower, upper],
      finds: [info('untidy-chain', leaf, /'mail\.example\.com'/)],
      path,
    }),
  },
  {
    of: 'an intermediate three times',
    scene: () => ({ serve: [leaf, lower, upper, lower, lower], finds: [info('untidy-chain', leaf, /'Lower'/)], path }),
  },
  {
    of: 'a stranger at the end',
    scene: () => ({ serve: [leaf, lower, upper, stranger], finds: [info('untidy-chain', leaf, /'Stranger'/)], path }),
  },
  {
    of: 'a stranger in between',
    scene: () => ({ serve: [leaf, stranger, lower, upper], finds: [info('untidy-chain', leaf, /'Stranger'/)], path }),
  },
  {
    of: 'a root that has nothing to do with it',
    scene: () => ({
      serve: [leaf, lower, upper, strangeRoot],
      finds: [info('untidy-chain', leaf, /'Strange Root'/)],
      path,
    }),
  },
  {
    of: "another service's leaf behind the chain",
    scene: () => {
      const other = forgeLeaf(lower, { subject: 'web.example.com' });
      return { serve: [leaf, lower, upper, other], finds: [info('untidy-chain', leaf, /'web\.example\.com'/)], path };
    },
  },
  {
    of: 'everything at once: order, repeat, stranger, root',
    scene: () => ({
      serve: [leaf, upper, stranger, lower, lower, root],
      finds: [warning('wrong-order', leaf), info('untidy-chain', leaf, /'Lower'/, /'Stranger'/, /'Root'/)],
      path,
    }),
  },
  {
    of: 'an expired cross-sign that nobody needs any more',
    scene: () => ({
      serve: [crossed, issuing, expiredCross],
      finds: [info('untidy-chain', crossed, /'Young Root'/)],
      path: [crossed, issuing, youngRoot],
      status: 'valid',
    }),
  },
  {
    of: 'an expired cross-sign before the intermediate',
    scene: () => ({
      serve: [crossed, expiredCross, issuing],
      finds: [info('untidy-chain', crossed, /'Young Root'/)],
      path: [crossed, issuing, youngRoot],
    }),
  },
  {
    of: 'an expired cross-sign with the expired root that signed it',
    scene: () => ({
      serve: [crossed, issuing, expiredCross, olderRoot],
      finds: [info('untidy-chain', crossed, /'Young Root'/, /'Older Root'/)],
      path: [crossed, issuing, youngRoot],
    }),
  },
  {
    of: 'a cross-sign that outlives the expired root above it',
    scene: () => ({
      serve: [crossed, issuing, validCross],
      finds: [info('untidy-chain', crossed, /'Young Root'/)],
      path: [crossed, issuing, youngRoot],
    }),
  },
  {
    of: 'the same where the expired root is trusted still',
    scene: () => ({
      serve: [crossed, issuing, validCross],
      own: { cas: [youngRoot, olderRoot], only: true },
      finds: [info('untidy-chain', crossed, /'Young Root'/)],
      path: [crossed, issuing, youngRoot],
    }),
  },
  {
    of: 'an expired cross-sign that is the only way',
    scene: () => ({
      serve: [crossed, issuing, expiredCross],
      own: { cas: [root, olderRoot], only: true },
      finds: [expiredCross, olderRoot]
        .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
        .map((one) => critical('expired', one)),
      path: [crossed, issuing, expiredCross, olderRoot],
      status: 'expired',
    }),
  },
  {
    of: 'a cross-sign that is needed, since only the older root is trusted',
    scene: () => {
      const cross = crossSign(strangeRoot, root);
      const own = forgeLeaf(stranger);
      return { serve: [own, stranger, cross], finds: [], path: [own, stranger, cross, root] };
    },
  },
  {
    of: 'an intermediate with two certificates, the expired one first',
    scene: () => {
      const gone = crossSign(lower, upper, { notBefore: fromNow(-800), notAfter: fromNow(-3) });
      return { serve: [leaf, gone, lower, upper], finds: [info('untidy-chain', leaf, /'Lower'/)], path };
    },
  },
  {
    of: 'an intermediate with two certificates, the expired one last',
    scene: () => {
      const gone = crossSign(lower, upper, { notBefore: fromNow(-800), notAfter: fromNow(-3) });
      return { serve: [leaf, lower, upper, gone], finds: [info('untidy-chain', leaf, /'Lower'/)], path };
    },
  },
  {
    // OpenSSL takes the first that fits; its clients do fail here, though another way is there.
    of: 'an intermediate with two certificates, the one of a root that nobody trusts first',
    scene: () => {
      const foreign = crossSign(issuing, strangeRoot);
      return {
        serve: [crossed, foreign, issuing],
        finds: [critical('invalid-chain', crossed, /led astray/), info('untidy-chain', crossed, /'Issuing'/)],
        path: [crossed, issuing, youngRoot],
      };
    },
  },
  {
    of: 'an intermediate with two certificates, the one of a root that nobody trusts last',
    scene: () => {
      const foreign = crossSign(issuing, strangeRoot);
      return {
        serve: [crossed, issuing, foreign],
        finds: [info('untidy-chain', crossed, /'Issuing'/)],
        path: [crossed, issuing, youngRoot],
      };
    },
  },
  {
    of: 'an intermediate with two certificates, the first leading to one that expired',
    scene: () => {
      const viaGone = crossSign(issuing, strangeRoot);
      const gone = crossSign(strangeRoot, root, { notBefore: fromNow(-800), notAfter: fromNow(-3) });
      return {
        serve: [crossed, viaGone, gone, issuing],
        finds: [
          critical('invalid-chain', crossed, /led astray \(certificate has expired\)/),
          info('untidy-chain', crossed),
        ],
        path: [crossed, issuing, youngRoot],
        status: 'error',
      };
    },
  },
  {
    of: 'two CAs that certify each other, and no root',
    scene: () => {
      const one = forgeCa('One', { issuer: forgeCa('Other') });
      const other = forgeCa('Other', { issuer: one });
      const back = crossSign(one, other);
      const own = forgeLeaf(one);
      return { serve: [own, back, other], finds: [critical('untrusted', other)], path: undefined };
    },
  },
  {
    of: 'ten intermediates',
    scene: () => {
      const floors = tower(10);
      const deep = forgeLeaf(floors[0]);
      return { serve: [deep, ...floors.slice(0, -1)], finds: [], path: [deep, ...floors] };
    },
  },
  {
    of: 'ten intermediates upside down',
    scene: () => {
      const floors = tower(10);
      const deep = forgeLeaf(floors[0]);
      return {
        serve: [deep, ...floors.slice(0, -1).reverse()],
        finds: [warning('wrong-order', deep, /'Floor 10', then 'Floor 9' and 8 more/)],
        path: [deep, ...floors],
      };
    },
  },
  {
    of: 'thirty certificates, of which three are needed',
    scene: () => {
      const crowd = Array.from({ length: 27 }, (_, index) => forgeCa(`Extra ${index}`, { issuer: root }));
      return {
        serve: [leaf, lower, upper, ...crowd],
        finds: [info('untidy-chain', leaf, /and 24 more/)],
        path,
      };
    },
  },
];

describeCases('chain', [root, youngRoot], CASES);
