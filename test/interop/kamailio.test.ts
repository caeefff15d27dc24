/** Kamailio (OpenSSL): SIP over TLS, whose certificates may name a SIP domain by a URI (RFC 5922). */
import { hostAndPort, LOOPBACK } from './harness/ports.ts';
import { kamailioModules, PROGRAMS } from './harness/requirements.ts';
import type { Service } from './harness/service.ts';
import { ownCertificate } from './harness/site.ts';
import type { Site } from './harness/site.ts';
import { testDaemon } from './harness/suite.ts';

const WANTS_CLIENT: Service = {
  protocol: 'sips',
  note: 'a client certificate demanded',
  finds: ['client-certificate-wanted'],
};

async function start(site: Site): Promise<void> {
  const sockets = site.listeners.flatMap((listener) =>
    LOOPBACK.map((address) => ({
      ...listener,
      socket: hostAndPort(address, listener.port),
    })),
  );
  const own = ownCertificate(site, 'good');
  const tls = await site.write(
    'tls.cfg',
    `[server:default]
method = TLSv1.2+
certificate = ${own.chainFile}
private_key = ${own.keyFile}
${sockets
  .map(
    ({ socket, service, chainFile, keyFile }) => `
[server:${socket}]
method = TLSv1.2+
certificate = ${chainFile}
private_key = ${keyFile}
require_certificate = ${service === WANTS_CLIENT ? 'yes' : 'no'}
verify_certificate = ${service === WANTS_CLIENT ? 'yes' : 'no'}
${service === WANTS_CLIENT ? `ca_list = ${site.caFile}` : ''}
`,
  )
  .join('')}`,
  );
  const configuration = await site.write(
    'kamailio.cfg',
    `#!KAMAILIO
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
enable_tls=yes
mpath="${kamailioModules()}"
${sockets.map(({ socket }) => `listen=tls:${socket}`).join('\n')}
loadmodule "tls.so"
modparam("tls", "config", "${tls}")
request_route {
  exit;
}
`,
  );
  // `-DD` forks none of it into the background.
  const args = ['-f', configuration, '-DD', '-E', '-Y', site.directory, '-w', site.directory];
  await site.start({ program: PROGRAMS.kamailio, args, user: site.user }, 'kamailio');
}

testDaemon({
  daemon: 'kamailio',
  services: [
    { protocol: 'sips' },
    {
      protocol: 'sips',
      note: 'the domain as URI',
      serverName: 'sip.example.net',
      names: { uri: ['sip:sip.example.net'] },
    },
    {
      protocol: 'sips',
      note: 'a URI of another domain, which beats the DNS name',
      serverName: 'sip.example.net',
      names: { uri: ['sip:other.example.net'], dns: ['sip.example.net'] },
      finds: ['name-mismatch'],
    },
    WANTS_CLIENT,
  ],
  start,
});
