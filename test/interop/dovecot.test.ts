/** Dovecot (OpenSSL): IMAP, POP3 and LMTP. A certificate is a whole instance's, so there are two. */
import { STATES } from './harness/credentials.ts';
import type { State } from './harness/credentials.ts';
import { PROGRAMS } from './harness/requirements.ts';
import { listenersOf, ownCertificate, portOf } from './harness/site.ts';
import type { Site } from './harness/site.ts';
import { testDaemon } from './harness/suite.ts';

async function start(site: Site): Promise<void> {
  for (const state of STATES) {
    const configuration = await site.write(`${state}.conf`, await settings(site, state));
    await site.start({ program: PROGRAMS.dovecot, args: ['-F', '-c', configuration] }, state);
  }
}

async function settings(site: Site, state: State): Promise<string> {
  const listeners = listenersOf(site, state);
  const { chainFile, keyFile } = ownCertificate(site, state);
  const folder = await site.makeFolder(state);
  const listener = (name: string, protocol: 'imap' | 'imaps' | 'pop' | 'pops' | 'lmtp'): string =>
    `inet_listener ${name} {
    address = 127.0.0.1 ::1
    port = ${portOf(listeners, protocol)}
    ssl = ${protocol.endsWith('s') ? 'yes' : 'no'}
  }`;
  return `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${site.directory}/dovecot-${state}.log
protocols = imap pop3 lmtp
ssl = yes
ssl_cert = <${chainFile}
ssl_key = <${keyFile}
service imap-login {
  chroot =
  ${listener('imap', 'imap')}
  ${listener('imaps', 'imaps')}
}
service pop3-login {
  chroot =
  ${listener('pop3', 'pop')}
  ${listener('pop3s', 'pops')}
}
service lmtp {
  ${listener('lmtp', 'lmtp')}
}
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=${folder}/home
}
`;
}

testDaemon({
  daemon: 'dovecot',
  services: (['imap', 'imaps', 'pop', 'pops', 'lmtp'] as const).map((protocol) => ({ protocol })),
  start,
});
