/** Postfix (OpenSSL): SMTP with STARTTLS, and with TLS from the first byte. Its queue and its settings are its own. */
import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROGRAMS } from './harness/requirements.ts';
import { hostAndPort, LOOPBACK } from './harness/ports.ts';
import type { Listener } from './harness/service.ts';
import type { Site } from './harness/site.ts';
import { testDaemon } from './harness/suite.ts';

/** The user and the group of Debian's package: master(8) runs under no other. */
const OWNER = 'postfix';

/** One line of master(5) for each address. The key goes first, as `smtpd_tls_chain_files` wants it. */
function masterLines({ service, port, keyFile, chainFile }: Listener): string {
  const wraps = service.protocol === 'smtps' ? 'yes' : 'no';
  return LOOPBACK.map(
    (address) => `${hostAndPort(address, port)} inet n - n - - smtpd
  -o smtpd_tls_chain_files=${keyFile},${chainFile}
  -o smtpd_tls_wrappermode=${wraps}
`,
  ).join('');
}

async function start(site: Site): Promise<void> {
  const { directory } = site;
  const id = async (flag: '-u' | '-g'): Promise<number> =>
    Number((await promisify(execFile)('id', [flag, OWNER])).stdout);
  const [uid, gid] = await Promise.all([id('-u'), id('-g')]);
  for (const name of ['queue', 'queue/pid']) await site.makeFolder(name);
  for (const name of ['state', 'queue/private', 'queue/public']) await chown(await site.makeFolder(name), uid, gid);

  await site.write(
    'main.cf',
    `compatibility_level = 3.6
queue_directory = ${join(directory, 'queue')}
data_directory = ${join(directory, 'state')}
maillog_file = ${join(directory, 'mail.log')}
maillog_file_prefixes = ${directory}
mail_owner = ${OWNER}
myhostname = postfix.example.com
mydestination =
alias_maps =
inet_protocols = all
smtpd_tls_security_level = may
smtpd_tls_session_cache_database =
`,
  );
  await site.write(
    'master.cf',
    `${site.listeners.map(masterLines).join('')}postlog unix-dgram n - n - 1 postlogd
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
`,
  );
  await site.start({ program: PROGRAMS.postfixMaster, args: ['-c', directory, '-d'] }, 'postfix');
}

testDaemon({
  daemon: 'postfix',
  alsoByCommand: true,
  services: [{ protocol: 'smtp' }, { protocol: 'smtps' }],
  start,
});
