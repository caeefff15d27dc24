/** Whom we trust, and what is missing on the way there: exactly one trust finding, or none. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { isRead } from '../../../src/core/observation.ts';
import { critical, describeCases, info, startTls } from '../../helpers/case-suite.ts';
import type { Case, Scene } from '../../helpers/case-suite.ts';
import { forgeCa, forgeLeaf } from '../../helpers/forge.ts';
import type { Forged } from '../../helpers/forge.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  issuerAt,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../helpers/forge-extensions.ts';

const root = forgeCa('Root');
const intermediate = forgeCa('Intermediate', { issuer: root });
const companyRoot = forgeCa('Company Root');
const company = forgeCa('Company CA', { issuer: companyRoot });
/** As CAs renew an intermediate: the same name, another key, told apart by key identifiers (RFC 5280, 4.2.1.1). */
const renewed = {
  first: forgeCa('Renewed', { issuer: root, extensions: [subjectKeyIdentifier('first')] }),
  second: forgeCa('Renewed', { issuer: root, extensions: [subjectKeyIdentifier('second')] }),
};

/** A leaf that names where its issuer is to be had, `held`; nothing is there where that is absent. */
async function withIssuerUrl(
  issuer: Forged,
  held: Forged | undefined,
  above: readonly Forged[],
  expectation: (leaf: Forged) => Omit<Scene, 'serve'>,
  extensions: readonly Uint8Array[] = [],
): Promise<Scene> {
  const http = createServer((_, response) => {
    response.writeHead(held === undefined ? 404 : 200).end(held?.der);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/issuer.cer`;
  const leaf = forgeLeaf(issuer, {
    extensions: [subjectAltName({ dns: 'mail.example.com' }), issuerAt(url), ...extensions],
  });
  return {
    serve: async () => {
      const tls = await startTls([leaf, ...above]);
      return {
        port: tls.port,
        async close() {
          http.closeAllConnections();
          http.close();
          await tls.close();
        },
      };
    },
    ...expectation(leaf),
  };
}

/** What a person is offered to install is what is missing, and nothing else. */
const offering =
  (...missing: readonly Forged[]) =>
  (observation: Parameters<NonNullable<Scene['also']>>[0]): void => {
    const address = observation.addresses.find(isRead);
    expect(address?.missing.map(({ pem }) => new X509Certificate(pem).raw)).toEqual(missing.map(({ der }) => der));
  };

const CASES: readonly Case[] = [
  {
    of: 'a chain of a public CA',
    scene: () => {
      const leaf = forgeLeaf(intermediate);
      return { serve: [leaf, intermediate], finds: [], path: [leaf, intermediate, root], status: 'valid' };
    },
  },
  {
    of: 'a self-signed leaf',
    scene: () => {
      const leaf = forgeLeaf(undefined);
      return { serve: [leaf], finds: [critical('self-signed', leaf, /no CA vouches for it/)], path: undefined };
    },
  },
  {
    of: 'a self-signed leaf that is trusted by itself',
    scene: () => {
      const leaf = forgeLeaf(undefined);
      return { serve: [leaf], own: { cas: [leaf], only: false }, finds: [], path: [leaf] };
    },
  },
  {
    of: "a CA's own certificate as leaf",
    scene: () => {
      const leaf = forgeCa('Appliance', { extensions: [subjectAltName({ dns: 'mail.example.com' })] });
      return { serve: [leaf], finds: [critical('self-signed', leaf)], path: undefined };
    },
  },
  {
    of: 'a self-signed leaf under the name of a CA that is trusted',
    scene: () => {
      const leaf = forgeLeaf(undefined, { subject: 'Root' });
      return { serve: [leaf], finds: [critical('self-signed', leaf)], path: undefined };
    },
  },
  {
    of: 'a private CA that nobody told us of: its topmost certificate is named',
    scene: () => {
      const leaf = forgeLeaf(company);
      const finds = [critical('untrusted', company, /ends at 'Company CA', whose issuer 'Company Root' is not among/)];
      return { serve: [leaf, company], finds, path: undefined, status: 'error' };
    },
  },
  {
    of: 'a private CA besides the public ones',
    scene: () => {
      const leaf = forgeLeaf(company);
      const own = { cas: [companyRoot], only: false };
      return { serve: [leaf, company], own, finds: [], path: [leaf, company, companyRoot] };
    },
  },
  {
    of: 'a private CA alone',
    scene: () => {
      const leaf = forgeLeaf(company);
      const own = { cas: [companyRoot], only: true };
      return { serve: [leaf, company], own, finds: [], path: [leaf, company, companyRoot] };
    },
  },
  {
    of: 'a public CA where only our own is trusted',
    scene: () => {
      const leaf = forgeLeaf(intermediate);
      const own = { cas: [companyRoot], only: true };
      return { serve: [leaf, intermediate], own, finds: [critical('untrusted', intermediate)], path: undefined };
    },
  },
  {
    of: 'a public CA besides our own',
    scene: () => {
      const leaf = forgeLeaf(intermediate);
      const own = { cas: [companyRoot], only: false };
      return { serve: [leaf, intermediate], own, finds: [], path: [leaf, intermediate, root] };
    },
  },
  {
    of: 'an intermediate of ours that is trusted without its root ends no path',
    scene: () => {
      const leaf = forgeLeaf(company);
      const own = { cas: [company], only: true };
      return { serve: [leaf, company], own, finds: [critical('untrusted', company)], path: undefined };
    },
  },
  {
    of: 'an intermediate of ours that is trusted with its root need not be sent',
    scene: () => {
      const leaf = forgeLeaf(company);
      const own = { cas: [company, companyRoot], only: true };
      return { serve: [leaf], own, finds: [], path: [leaf, company, companyRoot] };
    },
  },
  {
    of: 'the root sent',
    scene: () => {
      const leaf = forgeLeaf(intermediate);
      const finds = [info('untidy-chain', leaf, /'Root'/)];
      return { serve: [leaf, intermediate, root], finds, path: [leaf, intermediate, root], status: 'valid' };
    },
  },
  {
    of: 'an unknown root sent',
    scene: () => {
      const leaf = forgeLeaf(company);
      const finds = [
        critical('untrusted', companyRoot, /the root 'Company Root', which is not among the trusted CAs/),
        info('untidy-chain', leaf, /'Company Root'/),
      ];
      return { serve: [leaf, company, companyRoot], finds, path: undefined };
    },
  },
  {
    of: 'the leaf alone, and no URL in it',
    scene: () => {
      const leaf = forgeLeaf(intermediate);
      return { serve: [leaf], finds: [critical('untrusted', leaf)], path: undefined };
    },
  },
  {
    of: 'the leaf alone, its issuer to be had from its URL',
    scene: () =>
      withIssuerUrl(intermediate, intermediate, [], (leaf) => ({
        finds: [critical('incomplete-chain', leaf, /does not send the intermediate certificate 'Intermediate'/)],
        path: undefined,
        also: offering(intermediate),
      })),
  },
  {
    of: 'the leaf alone, and its URL does not answer',
    scene: () =>
      withIssuerUrl(intermediate, undefined, [], (leaf) => ({
        finds: [critical('incomplete-chain', leaf, /'Intermediate'/)],
        path: undefined,
        also: offering(),
      })),
  },
  {
    of: "the leaf alone, and its URL gives somebody else's certificate",
    scene: () =>
      withIssuerUrl(intermediate, company, [], (leaf) => ({
        finds: [critical('incomplete-chain', leaf)],
        path: undefined,
        also: offering(),
      })),
  },
  {
    of: 'the leaf alone, and its URL leads to a CA that nobody trusts',
    scene: () =>
      withIssuerUrl(company, company, [], (leaf) => ({
        finds: [critical('incomplete-chain', leaf)],
        path: undefined,
        also: offering(),
      })),
  },
  {
    of: 'a private chain that is complete needs nothing from its URL',
    scene: () =>
      withIssuerUrl(company, undefined, [company, companyRoot], (leaf) => ({
        finds: [critical('untrusted', companyRoot), info('untidy-chain', leaf)],
        path: undefined,
      })),
  },
  {
    of: 'an intermediate missing in the middle: those above it are no ballast',
    scene: () => {
      const lower = forgeCa('Lower', { issuer: intermediate });
      return withIssuerUrl(lower, lower, [intermediate], (leaf) => ({
        finds: [critical('incomplete-chain', leaf, /does not send the intermediate certificate 'Lower'/)],
        path: undefined,
        also: offering(lower),
      }));
    },
  },
  {
    of: 'the right name in the place of a renewed intermediate',
    scene: () =>
      withIssuerUrl(
        renewed.second,
        renewed.second,
        [renewed.first],
        (leaf) => ({
          finds: [critical('incomplete-chain', leaf, /'Renewed'/), info('untidy-chain', leaf, /'Renewed'/)],
          path: undefined,
          also: offering(renewed.second),
        }),
        [authorityKeyIdentifier('second')],
      ),
  },
  {
    of: 'the same without a URL: its issuer is trusted, so the fault is not its own',
    scene: () => {
      const extensions = [subjectAltName({ dns: 'mail.example.com' }), authorityKeyIdentifier('second')];
      const leaf = forgeLeaf(renewed.second, { extensions });
      const finds = [critical('untrusted', leaf, /ends at 'mail\.example\.com', whose issuer 'Renewed'/)];
      return { serve: [leaf, renewed.first], finds, path: undefined };
    },
  },
  {
    of: 'an impostor: the name of a trusted CA, another key',
    scene: () => {
      const impostor = forgeCa('Root');
      const leaf = forgeLeaf(impostor);
      return { serve: [leaf], finds: [critical('invalid-chain', leaf, /signature/)], path: undefined };
    },
  },
  {
    of: 'a signature that was tampered with',
    scene: () => {
      const leaf = forgeLeaf({ ...intermediate, key: root.key });
      return { serve: [leaf, intermediate], finds: [critical('invalid-chain', leaf, /signature/)], path: undefined };
    },
  },
  {
    of: 'a leaf that is issued by another leaf',
    scene: () => {
      const between = forgeLeaf(intermediate, {
        subject: 'Not a CA',
        extensions: [basicConstraints({ ca: false }), subjectAltName({ dns: 'example.com' })],
      });
      const leaf = forgeLeaf(between);
      return { serve: [leaf, between, intermediate], finds: [critical('invalid-chain', leaf)], path: undefined };
    },
  },
];

describeCases('trust', [root], CASES);
