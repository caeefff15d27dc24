/** nginx (OpenSSL): HTTP over TLS, and whatever else begins with TLS. */
import { ownCertificate } from './harness/site.ts';
import type { Site } from './harness/site.ts';
import { PROGRAMS } from './harness/requirements.ts';
import type { Listener } from './harness/service.ts';
import { testDaemon } from './harness/suite.ts';

/**
 * Two servers on a port, told apart by SNI (RFC 6066, 3): the one that is meant, and another whose certificate is in the
 * other state. The one that is meant is the default only where nothing may be sent.
 */
function serverBlocks(listener: Listener, site: Site): string {
  const { serverName, service, state } = listener;
  const other = ownCertificate(site, state === 'good' ? 'expired' : 'good');
  const byAddress = service.byAddress === true;
  return (
    serverBlock(listener, listener, byAddress ? 'default_server' : '', byAddress ? '_' : serverName) +
    serverBlock(listener, other, byAddress ? '' : 'default_server', byAddress ? '127.0.0.1 ::1' : '_')
  );
}

function serverBlock(
  { port, service }: Listener,
  { chainFile, keyFile }: Pick<Listener, 'chainFile' | 'keyFile'>,
  role: '' | 'default_server',
  name: string,
): string {
  return `
  server {
    listen 127.0.0.1:${port} ssl ${role};
    listen [::1]:${port} ssl ${role};
    server_name ${name};
    ssl_certificate ${chainFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols ${service.tlsVersion ?? 'TLSv1.2 TLSv1.3'};
    ssl_ciphers ${service.tlsVersion === 'TLSv1' ? 'ALL:@SECLEVEL=0' : 'HIGH'};
    return 204;
  }`;
}

async function start(site: Site): Promise<void> {
  const { directory } = site;
  // Where it would write by itself, only Debian's own may.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const configuration = await site.write(
    'nginx.conf',
    `daemon off;
pid ${directory}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${site.listeners.map((listener) => serverBlocks(listener, site)).join('')}
}
`,
  );
  const args = ['-p', directory, '-e', 'stderr', '-c', configuration];
  await site.start({ program: PROGRAMS.nginx, args, user: site.user }, 'nginx');
}

testDaemon({
  daemon: 'nginx',
  alsoByCommand: true,
  services: [
    { protocol: 'https' },
    {
      protocol: 'https',
      note: 'TLS 1.2 with RSA',
      tlsVersion: 'TLSv1.2',
      names: { dns: ['nginx.example.com'], key: 'RSA-2048' },
    },
    { protocol: 'https', note: 'TLS 1.0 alone', tlsVersion: 'TLSv1', finds: ['weak-protocol'] },
    { protocol: 'https', note: 'by address', byAddress: true },
    { protocol: 'https', note: 'with a wildcard', serverName: 'www.example.net', names: { dns: ['*.example.net'] } },
    {
      protocol: 'https',
      note: 'with the name as common name alone',
      names: { commonName: 'nginx.example.com', dns: ['other.example.com'] },
      finds: ['name-mismatch'],
    },
    { protocol: 'tls' },
  ],
  start,
});
