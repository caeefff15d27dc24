/** Servers that speak TLS in ways others give up on: old versions, client certificates, names they do not know. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { TlsOptions } from 'node:tls';
import { expect } from 'vitest';
import { isRead } from '../../../src/core/observation.ts';
import type { Observation } from '../../../src/core/observation.ts';
import { critical, describeCases, info, warning } from '../../helpers/case-suite.ts';
import type { Case, Peer } from '../../helpers/case-suite.ts';
import { forgeCa, forgeLeaf, newRsaKey } from '../../helpers/forge.ts';
import type { Forged } from '../../helpers/forge.ts';
import { subjectAltName } from '../../helpers/forge-extensions.ts';
import { alert, startAlertPeer } from '../../helpers/raw-tls-peer.ts';

const root = forgeCa('Root');
const intermediate = forgeCa('Intermediate', { issuer: root });
const leaf = forgeLeaf(intermediate);
const rsaLeaf = forgeLeaf(intermediate, { key: newRsaKey(2048) });
const chain = [leaf, intermediate];
const path = [leaf, intermediate, root];
const stranger = forgeCa('Stranger');

const spoken =
  (tlsVersion: string, cipher?: string) =>
  (observation: Observation): void => {
    const address = observation.addresses.find(isRead);
    expect(address).toMatchObject({ tlsVersion, ...(cipher === undefined ? {} : { cipher }) });
  };

const only = (version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): TlsOptions => ({
  minVersion: version,
  maxVersion: version,
});

const demanding: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: stranger.pem };

/** Says something before it lets TLS begin. */
async function startBehind(prefix: Buffer, certificates: readonly Forged[]): Promise<Peer> {
  const [own] = certificates;
  const secureContext = createSecureContext({
    cert: certificates.map(({ pem }) => pem).join(''),
    key: own?.keyPem ?? '',
  });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.write(prefix);
    new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A server of many names: `leaf` for mail.example.com, another certificate for whoever asks for nothing it knows. */
function ofManyNames(asked: string[], standard: Forged): TlsOptions {
  const known = createSecureContext({ cert: chain.map(({ pem }) => pem).join(''), key: leaf.keyPem });
  return {
    cert: standard.pem + intermediate.pem,
    key: standard.keyPem,
    SNICallback: (name, done) => {
      asked.push(name);
      done(null, name === 'mail.example.com' ? known : undefined);
    },
  };
}

const CASES: readonly Case[] = [
  {
    of: 'TLS 1.3 only',
    scene: () => ({ serve: chain, tls: only('TLSv1.3'), finds: [], path, also: spoken('TLSv1.3') }),
  },
  {
    of: 'TLS 1.2 only',
    scene: () => ({ serve: chain, tls: only('TLSv1.2'), finds: [], path, also: spoken('TLSv1.2') }),
  },
  {
    of: 'TLS 1.1 only',
    scene: () => ({
      serve: chain,
      tls: only('TLSv1.1'),
      finds: [warning('weak-protocol', undefined, /nothing better than TLS 1\.1/, /Enable TLS 1\.2 and 1\.3/)],
      path,
      status: 'valid',
      also: spoken('TLSv1.1'),
    }),
  },
  {
    of: 'TLS 1.0 only',
    scene: () => ({
      serve: [rsaLeaf, intermediate],
      tls: only('TLSv1'),
      finds: [warning('weak-protocol', undefined, /nothing better than TLS 1\.0/)],
      path: [rsaLeaf, intermediate, root],
      also: spoken('TLSv1'),
    }),
  },
  {
    of: 'TLS 1.0 only, and expired, self-signed, with a weak key and a weak signature: all of it is told',
    scene: () => {
      const old = forgeLeaf(undefined, {
        key: newRsaKey(1024),
        signature: 'sha1',
        notBefore: new Date('2006-01-01T00:00:00Z'),
        notAfter: new Date('2016-01-01T00:00:00Z'),
        extensions: [],
      });
      return {
        serve: [old],
        tls: only('TLSv1'),
        finds: [
          critical('expired', old),
          critical('name-mismatch', old),
          critical('self-signed', old),
          warning('weak-key', old),
          warning('weak-protocol'),
          warning('weak-signature', old),
        ],
        path: undefined,
        status: 'expired',
      };
    },
  },
  {
    // Old, but what current clients still speak.
    of: 'static RSA key exchange with CBC and SHA-1',
    scene: () => ({
      serve: [rsaLeaf, intermediate],
      tls: { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:@SECLEVEL=0' },
      finds: [],
      path: [rsaLeaf, intermediate, root],
      also: spoken('TLSv1.2', 'TLS_RSA_WITH_AES_128_CBC_SHA'),
    }),
  },
  {
    of: 'a client certificate demanded on TLS 1.2',
    scene: () => ({
      serve: chain,
      tls: { ...only('TLSv1.2'), ...demanding },
      finds: [info('client-certificate-wanted')],
      path,
      status: 'valid',
    }),
  },
  {
    of: 'a client certificate demanded on TLS 1.3',
    scene: () => ({
      serve: chain,
      tls: { ...only('TLSv1.3'), ...demanding },
      finds: [info('client-certificate-wanted')],
      path,
      status: 'valid',
    }),
  },
  {
    of: 'a client certificate demanded on TLS 1.0',
    scene: () => ({
      serve: [rsaLeaf, intermediate],
      tls: { ...only('TLSv1'), ...demanding },
      finds: [warning('weak-protocol'), info('client-certificate-wanted')],
      path: [rsaLeaf, intermediate, root],
    }),
  },
  {
    of: 'a client certificate asked for and not needed',
    scene: () => ({
      serve: chain,
      tls: { requestCert: true, rejectUnauthorized: false, ca: stranger.pem },
      finds: [],
      path,
    }),
  },
  {
    of: 'a client certificate demanded by a server with a self-signed one',
    scene: () => {
      const own = forgeLeaf(undefined);
      return {
        serve: [own],
        tls: { ...only('TLSv1.2'), ...demanding },
        finds: [critical('self-signed', own), info('client-certificate-wanted')],
        path: undefined,
      };
    },
  },
  {
    of: 'the right certificate for the name that is asked for',
    scene: () => {
      const asked: string[] = [];
      const standard = forgeLeaf(intermediate, { extensions: [subjectAltName({ dns: 'www.example.com' })] });
      return {
        serve: chain,
        tls: ofManyNames(asked, standard),
        finds: [],
        path,
        also: () => expect(asked).toEqual(['mail.example.com']),
      };
    },
  },
  {
    of: 'a default certificate for a name that is not known',
    scene: () => {
      const standard = forgeLeaf(intermediate, { extensions: [subjectAltName({ dns: 'www.example.com' })] });
      return {
        serve: chain,
        tls: ofManyNames([], standard),
        endpoint: { serverName: 'new.example.com' },
        finds: [critical('name-mismatch', standard, /is for www\.example\.com, not for new\.example\.com/)],
        path: [standard, intermediate, root],
      };
    },
  },
  {
    of: 'no name is asked for where there is only an address',
    scene: () => {
      const asked: string[] = [];
      const standard = forgeLeaf(intermediate, { extensions: [subjectAltName({ ip: [127, 0, 0, 1] })] });
      return {
        serve: chain,
        tls: ofManyNames(asked, standard),
        endpoint: { serverName: '127.0.0.1' },
        finds: [],
        path: [standard, intermediate, root],
        also: () => expect(asked).toEqual([]),
      };
    },
  },
  {
    of: 'unrecognized_name as the end of it',
    scene: () => ({
      serve: () => startAlertPeer(112),
      finds: [critical('handshake-failed', undefined, /nothing for this server name/)],
      status: 'error',
    }),
  },
  {
    of: 'unrecognized_name as a warning, after which it goes on',
    scene: () => ({ serve: () => startBehind(alert('warning', 112), chain), finds: [], path }),
  },
  {
    of: 'handshake_failure to whatever we offer',
    scene: () => ({
      serve: () => startAlertPeer(40),
      finds: [critical('handshake-failed', undefined, /none of the ciphers or settings we offer/)],
    }),
  },
  {
    of: 'internal_error',
    scene: () => ({
      serve: () => startAlertPeer(80),
      finds: [critical('handshake-failed', undefined, /internal error/)],
    }),
  },
  {
    of: 'plaintext on a port for TLS',
    scene: () => ({
      serve: () => startBehind(Buffer.from('220 mail.example.com ESMTP\r\n'), chain),
      finds: [critical('tls-not-offered', undefined, /220 mail\.example\.com ESMTP/)],
    }),
  },
  {
    of: 'an ALPN protocol we know nothing of is no matter',
    scene: () => ({ serve: chain, tls: { ALPNProtocols: ['h2', 'http/1.1'] }, finds: [], path }),
  },
];

describeCases('handshake', [root], CASES);
