/** Who may issue what: basic constraints, path length, key usages, name constraints (RFC 5280, 4.2.1 and 6.1). */
import { critical, describeCases } from '../../helpers/case-suite.ts';
import type { Case, Scene } from '../../helpers/case-suite.ts';
import { forge, forgeCa, forgeLeaf } from '../../helpers/forge.ts';
import type { Forged, Plan } from '../../helpers/forge.ts';
import {
  CLIENT_AUTH,
  EMAIL_PROTECTION,
  SERVER_AUTH,
  basicConstraints,
  brokenExtension,
  extendedKeyUsage,
  keyUsage,
  nameConstraints,
  subjectAltName,
  unknownExtension,
} from '../../helpers/forge-extensions.ts';
import type { GeneralName } from '../../helpers/forge-extensions.ts';

const root = forgeCa('Root');
const MAIL = subjectAltName({ dns: 'mail.example.com' });

/** A leaf under an issuer with these extensions and no others. */
function under(extensions: readonly Uint8Array[], plan: Plan = {}): { leaf: Forged; issuer: Forged } {
  const issuer = forge({ subject: 'Odd CA', issuer: root, extensions, ...plan });
  return { leaf: forgeLeaf(issuer), issuer };
}

const CA = [basicConstraints({ ca: true }), keyUsage('keyCertSign')];

function invalid(chain: readonly [Forged, ...Forged[]], why: RegExp, remedy: RegExp): Scene {
  return { serve: chain, finds: [critical('invalid-chain', chain[0], why, remedy)], status: 'error' };
}

/** One leaf with these SANs under a CA that is bound to these names. */
function constrained(bounds: Parameters<typeof nameConstraints>[0], ...sans: readonly GeneralName[]): [Forged, Forged] {
  const issuer = forgeCa('Bound CA', { issuer: root, extensions: [nameConstraints(bounds)] });
  return [forgeLeaf(issuer, { extensions: [subjectAltName(...sans)] }), issuer];
}

const NET_192 = [192, 0, 2, 0, 255, 255, 255, 0];
const MAIL_NAME = { dns: 'mail.example.com' };

const CASES: readonly Case[] = [
  {
    of: 'an issuer that says it is no CA',
    scene: () => {
      const { leaf, issuer } = under([basicConstraints({ ca: false })]);
      return { ...invalid([leaf, issuer], /invalid CA/i, /real CA certificate/), path: undefined };
    },
  },
  {
    of: 'an issuer without basic constraints',
    scene: () => {
      const { leaf, issuer } = under([unknownExtension(false)]);
      return { ...invalid([leaf, issuer], /invalid CA/i, /real CA certificate/), path: undefined };
    },
  },
  {
    of: 'an issuer of version 1, which knows no CA',
    scene: () => {
      const { leaf, issuer } = under([], { version: 1 });
      return { ...invalid([leaf, issuer], /invalid CA/i, /real CA certificate/), path: undefined };
    },
  },
  {
    of: 'a root of version 1 is a root',
    scene: () => {
      const old = forge({ subject: 'Old Root', version: 1 });
      const leaf = forgeLeaf(old);
      return { serve: [leaf], own: { cas: [old], only: true }, finds: [], path: [leaf, old] };
    },
  },
  {
    of: 'an issuer whose key may not sign certificates',
    scene: () => {
      const { leaf, issuer } = under([basicConstraints({ ca: true }), keyUsage('digitalSignature')]);
      return invalid([leaf, issuer], /key ?usage/i, /real CA certificate/);
    },
  },
  {
    of: 'an issuer for mail only',
    scene: () => {
      const { leaf, issuer } = under([...CA, extendedKeyUsage(EMAIL_PROTECTION)]);
      return invalid([leaf, issuer], /purpose/i, /serverAuth/);
    },
  },
  {
    of: 'an issuer for servers and mail',
    scene: () => {
      const { leaf, issuer } = under([...CA, extendedKeyUsage(EMAIL_PROTECTION, SERVER_AUTH)]);
      return { serve: [leaf, issuer], finds: [], path: [leaf, issuer, root] };
    },
  },
  {
    of: 'an issuer with a critical extension that nobody knows',
    scene: () => {
      const { leaf, issuer } = under([...CA, unknownExtension(true)]);
      return { serve: [leaf, issuer], finds: [critical('invalid-chain', leaf, /critical extension/i)] };
    },
  },
  {
    of: 'an extension that nobody knows and nobody needs to',
    scene: () => {
      const { leaf, issuer } = under([...CA, unknownExtension(false)]);
      return { serve: [leaf, issuer], finds: [], path: [leaf, issuer, root] };
    },
  },
  {
    of: 'a leaf for clients only',
    scene: () => {
      const leaf = forgeLeaf(root, { extensions: [MAIL, extendedKeyUsage(CLIENT_AUTH)] });
      return { ...invalid([leaf], /purpose/i, /serverAuth/), path: [leaf, root] };
    },
  },
  {
    of: 'a leaf for servers and clients',
    scene: () => {
      const leaf = forgeLeaf(root, { extensions: [MAIL, extendedKeyUsage(CLIENT_AUTH, SERVER_AUTH)] });
      return { serve: [leaf], finds: [], path: [leaf, root] };
    },
  },
  {
    of: 'a leaf that says it is a CA too',
    scene: () => {
      const usages = keyUsage('digitalSignature', 'keyCertSign');
      const leaf = forgeLeaf(root, { extensions: [MAIL, basicConstraints({ ca: true }), usages] });
      return { serve: [leaf], finds: [], path: [leaf, root] };
    },
  },
  {
    of: 'a leaf whose key may sign certificates only',
    scene: () => {
      const leaf = forgeLeaf(root, { extensions: [MAIL, ...CA] });
      return { ...invalid([leaf], /purpose/i, /digitalSignature/), path: [leaf, root] };
    },
  },
  {
    of: 'a leaf with a critical extension that nobody knows',
    scene: () => {
      const leaf = forgeLeaf(root, { extensions: [MAIL, unknownExtension(true)] });
      return { serve: [leaf], finds: [critical('invalid-chain', leaf, /critical extension/i)] };
    },
  },
  {
    of: 'an authority information access that is none',
    scene: () => {
      const leaf = forgeLeaf(root, { extensions: [MAIL, brokenExtension('1.3.6.1.5.5.7.1.1')] });
      return { serve: [leaf], finds: [], path: [leaf, root] };
    },
  },
  {
    of: 'more intermediates than the path length allows',
    scene: () => {
      const short = forge({
        subject: 'Short',
        issuer: root,
        extensions: [basicConstraints({ ca: true, pathLength: 0 }), keyUsage('keyCertSign')],
      });
      const below = forgeCa('Below', { issuer: short });
      const leaf = forgeLeaf(below);
      return invalid([leaf, below, short], /path length/i, /path length/);
    },
  },
  {
    of: 'as many intermediates as the path length allows',
    scene: () => {
      const short = forge({
        subject: 'Short',
        issuer: root,
        extensions: [basicConstraints({ ca: true, pathLength: 1 }), keyUsage('keyCertSign')],
      });
      const below = forgeCa('Below', { issuer: short });
      const leaf = forgeLeaf(below);
      return { serve: [leaf, below, short], finds: [], path: [leaf, below, short, root] };
    },
  },
  {
    of: 'a DNS name within the permitted ones',
    scene: () => {
      const chain = constrained({ permitted: [{ dns: 'example.com' }] }, MAIL_NAME);
      return { serve: chain, finds: [], path: [...chain, root] };
    },
  },
  {
    of: 'a DNS name outside the permitted ones',
    scene: () =>
      invalid(
        constrained({ permitted: [{ dns: 'example.org' }] }, MAIL_NAME),
        /permitted subtree/i,
        /name constraints/,
      ),
  },
  {
    of: 'one of several DNS names outside the permitted ones',
    scene: () =>
      invalid(
        constrained({ permitted: [{ dns: 'example.com' }] }, MAIL_NAME, { dns: 'mail.example.net' }),
        /permitted subtree/i,
        /name constraints/,
      ),
  },
  {
    of: 'a DNS name within the excluded ones',
    scene: () =>
      invalid(constrained({ excluded: [{ dns: 'example.com' }] }, MAIL_NAME), /excluded subtree/i, /name constraints/),
  },
  {
    of: 'an IP address outside the permitted network',
    scene: () =>
      invalid(
        constrained({ permitted: [{ ip: NET_192 }] }, MAIL_NAME, { ip: [198, 51, 100, 1] }),
        /permitted subtree/i,
        /name constraints/,
      ),
  },
  {
    of: 'an IP address within the excluded network',
    scene: () =>
      invalid(
        constrained({ excluded: [{ ip: NET_192 }] }, MAIL_NAME, { ip: [192, 0, 2, 1] }),
        /excluded subtree/i,
        /name constraints/,
      ),
  },
  {
    of: 'an IP address within the permitted network',
    scene: () => {
      const chain = constrained({ permitted: [{ ip: NET_192 }] }, MAIL_NAME, { ip: [192, 0, 2, 1] });
      return { serve: chain, finds: [], path: [...chain, root] };
    },
  },
];

describeCases('constraints', [root], CASES);
