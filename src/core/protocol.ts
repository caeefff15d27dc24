/** How the certificate's names are matched: as for a DNS name or IP address (RFC 9525), or for a SIP domain (RFC 5922). */
export type IdentityRule = 'dns' | 'sip';

interface ProtocolRow {
  readonly aliases: readonly string[];
  /** Where it is expected; `undefined` means that a port must be given. */
  readonly port: number | undefined;
  readonly identity: IdentityRule;
}

/** Every protocol certmon speaks. The dialogue of each stands in `probe/protocols/`; forgetting it does not compile. */
export const PROTOCOLS = {
  https: { aliases: [], port: 443, identity: 'dns' },
  smtps: { aliases: [], port: 465, identity: 'dns' },
  smtp: { aliases: ['smtp-starttls'], port: 25, identity: 'dns' },
  imaps: { aliases: [], port: 993, identity: 'dns' },
  imap: { aliases: ['imap-starttls'], port: 143, identity: 'dns' },
  pops: { aliases: ['pop3s'], port: 995, identity: 'dns' },
  pop: { aliases: ['pop3', 'pop-starttls'], port: 110, identity: 'dns' },
  lmtp: { aliases: ['lmtp-starttls'], port: 24, identity: 'dns' },
  ftps: { aliases: [], port: 990, identity: 'dns' },
  ftp: { aliases: ['ftp-starttls'], port: 21, identity: 'dns' },
  ldaps: { aliases: [], port: 636, identity: 'dns' },
  ldap: { aliases: ['ldap-starttls'], port: 389, identity: 'dns' },
  mysql: { aliases: ['mariadb'], port: 3306, identity: 'dns' },
  postgresql: { aliases: ['postgres'], port: 5432, identity: 'dns' },
  sips: { aliases: [], port: 5061, identity: 'sip' },
  tls: { aliases: [], port: undefined, identity: 'dns' },
} as const satisfies Record<string, ProtocolRow>;

export type Protocol = keyof typeof PROTOCOLS;

export const PROTOCOL_TOKENS = Object.keys(PROTOCOLS) as readonly Protocol[];

/** The protocol a word means, whatever its case; `undefined` if none. */
export function findProtocol(word: string): Protocol | undefined {
  const wanted = word.toLowerCase();
  return PROTOCOL_TOKENS.find(
    (token) => token === wanted || (PROTOCOLS[token].aliases as readonly string[]).includes(wanted),
  );
}

/** The port a protocol is expected on; `undefined` where one must be given. */
export function defaultPort(protocol: Protocol): number | undefined {
  return PROTOCOLS[protocol].port;
}
