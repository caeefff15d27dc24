/** vsftpd (OpenSSL): FTP with AUTH TLS, and with TLS from the first byte. It listens on one address, so there are many. */
import { LOOPBACK } from './harness/ports.ts';
import { PROGRAMS } from './harness/requirements.ts';
import type { Listener } from './harness/service.ts';
import type { Site } from './harness/site.ts';
import { testDaemon } from './harness/suite.ts';

function settings({ service, port, chainFile, keyFile }: Listener, address: string, emptyFolder: string): string {
  const listen = address.includes(':')
    ? ['listen=NO', 'listen_ipv6=YES', `listen_address6=${address}`]
    : ['listen=YES', 'listen_ipv6=NO', `listen_address=${address}`];
  return [
    ...listen,
    `listen_port=${port}`,
    'background=NO',
    'nopriv_user=nobody',
    `secure_chroot_dir=${emptyFolder}`,
    'anonymous_enable=NO',
    'local_enable=YES',
    'ssl_enable=YES',
    `implicit_ssl=${service.protocol === 'ftps' ? 'YES' : 'NO'}`,
    `rsa_cert_file=${chainFile}`,
    `rsa_private_key_file=${keyFile}`,
    // Its own are for RSA keys alone.
    'ssl_ciphers=HIGH',
    'xferlog_enable=NO',
    '',
  ].join('\n');
}

async function start(site: Site): Promise<void> {
  const emptyFolder = await site.makeFolder('empty');
  for (const listener of site.listeners) {
    for (const address of LOOPBACK) {
      const name = `${listener.port}-${address.includes(':') ? 'ipv6' : 'ipv4'}`;
      const configuration = await site.write(`${name}.conf`, settings(listener, address, emptyFolder));
      await site.start({ program: PROGRAMS.vsftpd, args: [configuration] }, name);
    }
  }
}

testDaemon({
  daemon: 'vsftpd',
  services: [{ protocol: 'ftp' }, { protocol: 'ftps' }],
  start,
});
