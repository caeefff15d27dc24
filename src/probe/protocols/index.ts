import type { Endpoint } from '../../core/monitor.ts';
import type { Protocol } from '../../core/protocol.ts';
import { atOnce } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';
import { ftp } from './ftp.ts';
import { imap } from './imap.ts';
import { ldap } from './ldap.ts';
import { mysql } from './mysql.ts';
import { pop } from './pop.ts';
import { postgresql } from './postgresql.ts';
import { lmtp, smtp } from './smtp.ts';

/** The dialogue of each protocol; a token without one does not compile. */
const DIALOGUES: Readonly<Record<Protocol, Dialogue>> = {
  https: atOnce,
  smtps: atOnce,
  smtp,
  imaps: atOnce,
  imap,
  pops: atOnce,
  pop,
  lmtp,
  ftps: atOnce,
  ftp,
  ldaps: atOnce,
  ldap,
  mysql,
  postgresql,
  sips: atOnce,
  tls: atOnce,
};

export function dialogueOf(endpoint: Pick<Endpoint, 'protocol' | 'direct'>): Dialogue {
  return endpoint.direct ? atOnce : DIALOGUES[endpoint.protocol];
}

/** Whether TLS starts when the server has said so. MySQL's client asks and goes on: the server may still refuse in plaintext. */
export function hasGoAhead(endpoint: Pick<Endpoint, 'protocol' | 'direct'>): boolean {
  return dialogueOf(endpoint) !== atOnce && endpoint.protocol !== 'mysql';
}

/** Direct TLS to PostgreSQL must name its protocol (PostgreSQL's manual, "Direct TLS"); nothing else needs ALPN. */
export function alpnOf(endpoint: Pick<Endpoint, 'protocol' | 'direct'>): readonly string[] | undefined {
  return endpoint.protocol === 'postgresql' && endpoint.direct ? ['postgresql'] : undefined;
}
