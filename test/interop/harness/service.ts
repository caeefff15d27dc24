import type { LeafOptions } from '../../../src/demo/authority.ts';
import type { FindingCode } from '../../../src/core/finding.ts';
import type { Protocol } from '../../../src/core/protocol.ts';
import type { State } from './credentials.ts';

/** Something a daemon offers: probed once with a good certificate and once with one that has expired. */
export interface Service {
  /** What sets it apart from others of its protocol. */
  readonly note?: string;
  readonly protocol: Protocol;
  /** PostgreSQL only: TLS at once. */
  readonly direct?: boolean;
  /** Of its own leaf; the daemon's leaf, for the daemon's name and both loopback addresses, if absent. */
  readonly names?: Pick<LeafOptions, 'dns' | 'ip' | 'uri' | 'commonName' | 'key'>;
  /** The name asked for; the daemon's if absent. */
  readonly serverName?: string;
  /** Asked for by address, so without SNI. */
  readonly byAddress?: boolean;
  /** The only one it speaks; TLS 1.2 and 1.3 if absent. */
  readonly tlsVersion?: 'TLSv1' | 'TLSv1.2';
  /** What is to be found whatever the dates are. */
  readonly finds?: readonly FindingCode[];
}

/** One port, on both loopback addresses, where a service is with one of the certificates. */
export interface Listener {
  readonly service: Service;
  readonly state: State;
  readonly port: number;
  readonly serverName: string;
  /** Leaf and intermediate, PEM. */
  readonly chainFile: string;
  /** PKCS #8, readable for the daemon alone. */
  readonly keyFile: string;
  /** Fingerprints of what is sent, in order. */
  readonly sent: readonly string[];
}

export function titleOf({ protocol, direct, note }: Service): string {
  return [protocol, ...(direct === true ? ['with direct TLS'] : []), ...(note === undefined ? [] : [note])].join(', ');
}
