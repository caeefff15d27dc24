/** OpenLDAP's slapd (GnuTLS in Debian): LDAP with StartTLS, and with TLS from the first byte. */
import { STATES } from './harness/credentials.ts';
import { hostAndPort, LOOPBACK } from './harness/ports.ts';
import { PROGRAMS } from './harness/requirements.ts';
import { listenersOf, ownCertificate } from './harness/site.ts';
import type { Site } from './harness/site.ts';
import { testDaemon } from './harness/suite.ts';

async function start(site: Site): Promise<void> {
  for (const state of STATES) {
    const listeners = listenersOf(site, state);
    const { chainFile, keyFile } = ownCertificate(site, state);
    const configuration = await site.write(
      `${state}.conf`,
      `pidfile ${site.directory}/${state}.pid
argsfile ${site.directory}/${state}.args
TLSCertificateFile ${chainFile}
TLSCertificateKeyFile ${keyFile}
`,
    );
    const urls = listeners.flatMap(({ service, port }) =>
      LOOPBACK.map((address) => `${service.protocol}://${hostAndPort(address, port)}`),
    );
    // `-d` keeps it in the foreground.
    const args = ['-d', 'none', '-f', configuration, '-h', urls.join(' ')];
    await site.start({ program: PROGRAMS.slapd, args, user: site.user }, state);
  }
}

testDaemon({
  daemon: 'slapd',
  services: [{ protocol: 'ldap' }, { protocol: 'ldaps' }],
  start,
});
