/** What each daemon of the suite is, where it stands, and what is said where it is absent. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Protocol } from '../../../src/core/protocol.ts';

interface Requirement {
  /** Debian's; `undefined` where npm has it. */
  readonly packages: string | undefined;
  /** All must be there: programs and modules. */
  readonly files: () => readonly string[];
  /** It starts as root alone, and gives that up by itself. */
  readonly needsRoot: boolean;
  readonly protocols: readonly Protocol[];
}

/** Versions have folders of their own; the newest that is installed. */
function debianPostgres(): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const newest = versions.map(Number).sort((a, b) => b - a)[0];
  return `/usr/lib/postgresql/${newest ?? 'VERSION'}/bin`;
}

/** Modules stand in a folder named after the machine's kind. */
export function kamailioModules(): string {
  const kind = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return `/usr/lib/${kind}/kamailio/modules`;
}

export const PROGRAMS = {
  openssl: '/usr/bin/openssl',
  nginx: '/usr/sbin/nginx',
  postfixMaster: '/usr/lib/postfix/sbin/master',
  dovecot: '/usr/sbin/dovecot',
  vsftpd: '/usr/sbin/vsftpd',
  slapd: '/usr/sbin/slapd',
  mariadbd: '/usr/sbin/mariadbd',
  mariadbInstall: '/usr/bin/mariadb-install-db',
  kamailio: '/usr/sbin/kamailio',
  debianPostgres,
} as const;

export const REQUIREMENTS = {
  nginx: { packages: 'nginx', files: () => [PROGRAMS.nginx], needsRoot: false, protocols: ['https', 'tls'] },
  postfix: {
    packages: 'postfix',
    files: () => [PROGRAMS.postfixMaster],
    needsRoot: true,
    protocols: ['smtp', 'smtps'],
  },
  dovecot: {
    packages: 'dovecot-imapd dovecot-pop3d dovecot-lmtpd',
    files: () => [PROGRAMS.dovecot, ...['imap', 'pop3', 'lmtp'].map((name) => `/usr/lib/dovecot/${name}`)],
    needsRoot: true,
    protocols: ['imap', 'imaps', 'pop', 'pops', 'lmtp'],
  },
  vsftpd: { packages: 'vsftpd', files: () => [PROGRAMS.vsftpd], needsRoot: true, protocols: ['ftp', 'ftps'] },
  slapd: { packages: 'slapd', files: () => [PROGRAMS.slapd], needsRoot: false, protocols: ['ldap', 'ldaps'] },
  mariadb: {
    packages: 'mariadb-server-core mariadb-client-core',
    files: () => [PROGRAMS.mariadbd, PROGRAMS.mariadbInstall, '/usr/bin/my_print_defaults'],
    needsRoot: false,
    protocols: ['mysql'],
  },
  postgresql: {
    packages: 'postgresql',
    files: () => ['initdb', 'postgres'].map((name) => join(debianPostgres(), name)),
    needsRoot: false,
    protocols: ['postgresql'],
  },
  'postgresql-18': { packages: undefined, files: () => [], needsRoot: false, protocols: ['postgresql'] },
  kamailio: {
    packages: 'kamailio kamailio-tls-modules',
    files: () => [PROGRAMS.kamailio, join(kamailioModules(), 'tls.so')],
    needsRoot: false,
    protocols: ['sips'],
  },
} as const satisfies Record<string, Requirement>;

export type DaemonName = keyof typeof REQUIREMENTS;
export const DAEMON_NAMES = Object.keys(REQUIREMENTS) as readonly DaemonName[];

/** Why a daemon is not tested, and what helps; `undefined` where it is. */
export function lackOf(daemon: DaemonName): string | undefined {
  const { packages, files, needsRoot }: Requirement = REQUIREMENTS[daemon];
  if (!existsSync(PROGRAMS.openssl)) {
    return `not tested: ${daemon}, for want of the oracle ${PROGRAMS.openssl} (apt-get install openssl)`;
  }
  const absent = files().find((file) => !existsSync(file));
  if (absent !== undefined) {
    return `not tested: ${daemon} is not installed, ${absent} is absent (apt-get install ${packages ?? ''})`;
  }
  if (needsRoot && process.getuid?.() !== 0)
    return `not tested: ${daemon} starts as root alone (run the suite as root)`;
  return undefined;
}
