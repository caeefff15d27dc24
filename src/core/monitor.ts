import type { Protocol } from './protocol.ts';
import type { Served } from './served.ts';

/** Where a service is, and how it is spoken to. */
export interface Endpoint {
  /** Lower-case A-label, or canonical IP text (RFC 5952 for IPv6). */
  readonly host: string;
  /** As the person typed it, for showing: `müller.example`. */
  readonly displayHost: string;
  readonly hostKind: 'name' | 'ipv4' | 'ipv6';
  readonly port: number;
  readonly protocol: Protocol;
  /** The name asked for by SNI and judged against the certificate; the IP text for a literal. */
  readonly serverName: string;
  /** PostgreSQL only: TLS at once instead of SSLRequest. */
  readonly direct: boolean;
}

/** First that fits (design, section 4). */
export type MonitorStatus = 'paused' | 'pending' | 'expired' | 'error' | 'expiring' | 'valid';

export interface Monitor {
  /** `CM` and 32 hex digits. */
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string | undefined;
  readonly endpoint: Endpoint;
  readonly profileId: string;
  /** Contact group ids. */
  readonly groupIds: readonly string[];
  readonly tags: readonly string[];
  /** Alerts go here where no contact group covers the monitor. */
  readonly addedInChannelId: string;
  readonly addedBy: string;
  readonly createdAt: Date;
  readonly paused: boolean;
  readonly status: MonitorStatus;
  /** Of the certificate on the path that ends first, over all addresses; `undefined` before one was read. */
  readonly daysLeft: number | undefined;
  /** The not after that `daysLeft` is counted to. */
  readonly expiresAt: Date | undefined;
  /** An unconfirmed connection failure, shown as `failing 1/3`. */
  readonly failing: { readonly tries: number; readonly of: number } | undefined;
  readonly lastCheckedAt: Date | undefined;
  readonly nextCheckAt: Date;
  /** `undefined` before a leaf was read. */
  readonly served: Served | undefined;
}

/** `host:port` as people write it, IPv6 in brackets. */
export function hostAndPort(endpoint: Pick<Endpoint, 'displayHost' | 'hostKind' | 'port'>): string {
  const host = endpoint.hostKind === 'ipv6' ? `[${endpoint.displayHost}]` : endpoint.displayHost;
  return `${host}:${String(endpoint.port)}`;
}

/** What a person calls the monitor: its name, else `host:port`. */
export function monitorLabel(monitor: Pick<Monitor, 'name' | 'endpoint'>): string {
  return monitor.name ?? hostAndPort(monitor.endpoint);
}
