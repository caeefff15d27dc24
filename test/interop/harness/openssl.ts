/** The oracle: what `openssl s_client -showcerts` says of the same endpoint (openssl-s_client(1)). */
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import type { Protocol } from '../../../src/core/protocol.ts';
import { hostAndPort } from './ports.ts';
import { PROGRAMS } from './requirements.ts';
import type { Listener } from './service.ts';

export interface OpensslView {
  /** SHA-256, lower-case hex, in the order sent. */
  readonly fingerprints: readonly string[];
  /** `X509_V_OK` is 0; see openssl-verification-options(1). */
  readonly verifyCode: number;
  readonly tlsVersion: string;
}

const WITHIN_MS = 30_000;

/** Its words for how TLS starts; none where it starts at once. */
const STARTTLS: Partial<Record<Protocol, string>> = {
  smtp: 'smtp',
  imap: 'imap',
  pop: 'pop3',
  lmtp: 'lmtp',
  ftp: 'ftp',
  ldap: 'ldap',
  mysql: 'mysql',
  postgresql: 'postgres',
};

export async function askOpenssl(address: string, listener: Listener, caFile: string): Promise<OpensslView> {
  const said = await run([
    's_client',
    '-showcerts',
    '-connect',
    hostAndPort(address, listener.port),
    ...startOf(listener),
    ...nameOf(address, listener),
    ...versionOf(listener),
    '-CAfile',
    caFile,
    '-no-CApath',
    '-no-CAstore',
  ]);
  const chain = /^Certificate chain$(.*?)^Server certificate$/ms.exec(said)?.[1] ?? '';
  const pems = chain.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  const verifyCode = /^ *Verify return code: (\d+)/m.exec(said)?.[1];
  // The second is the version of the cipher, which on TLS 1.2 may be an older one; only TLS 1.3 has no first.
  const tlsVersion = /^ +Protocol *: (TLSv\S+)$/m.exec(said)?.[1] ?? /^New, (TLSv\S+), Cipher is/m.exec(said)?.[1];
  if (pems.length === 0 || verifyCode === undefined || tlsVersion === undefined) {
    throw new Error(`openssl s_client saw no certificates:\n${said}`);
  }
  return {
    fingerprints: pems.map((pem) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()),
    verifyCode: Number(verifyCode),
    tlsVersion,
  };
}

function startOf({ service: { protocol, direct } }: Listener): string[] {
  if (direct === true) return ['-alpn', 'postgresql'];
  const word = STARTTLS[protocol];
  return word === undefined ? [] : ['-starttls', word];
}

/** It knows DNS names and addresses, and no SIP domains (RFC 5922): for those only dates and trust are its verdict. */
function nameOf(address: string, { serverName, service }: Listener): string[] {
  if (service.byAddress === true) return ['-noservername', '-verify_ip', address];
  return ['-servername', serverName, ...(service.protocol === 'sips' ? [] : ['-verify_hostname', serverName])];
}

/** As Debian sets it up it no longer speaks what came before TLS 1.2. */
function versionOf({ service }: Listener): string[] {
  return service.tlsVersion === 'TLSv1' ? ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'] : [];
}

/** Its exit code is not asked: 1 where a server ends the connection, as one that wants a client certificate does. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(PROGRAMS.openssl, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: WITHIN_MS });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    child.once('error', reject);
    child.once('close', () => resolve(said));
  });
}
