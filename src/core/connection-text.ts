/** What is said where a probe could not look: the sentence and the next step of each connection code. */
import type { ConnectionCode } from './finding.ts';
import type { Endpoint } from './monitor.ts';

interface ConnectionText {
  readonly wrong: (place: string, endpoint: Endpoint) => string;
  readonly next: (place: string, endpoint: Endpoint) => string;
}

const TEXTS: Readonly<Record<ConnectionCode, ConnectionText>> = {
  'dns-failure': {
    wrong: (_, { displayHost }) => `${displayHost} has no address`,
    next: (_, { displayHost }) =>
      `Check ${displayHost} for typing errors, its A and AAAA records, and that the DNS servers of this machine answer.`,
  },
  unreachable: {
    wrong: (place) => `${place} cannot be reached`,
    next: (place) => `Check that the host is up and that routers and firewalls let this machine reach ${place}.`,
  },
  refused: {
    wrong: (place) => `${place} refuses connections`,
    next: (place, { protocol }) =>
      `Check that the ${protocol} service runs and listens on ${place}, and that no firewall rejects this machine.`,
  },
  reset: {
    wrong: (place) => `${place} broke the connection off`,
    next: (place, { protocol }) =>
      `Look into the log of the ${protocol} service on ${place} for why it hangs up, and check that the port speaks ${protocol}.`,
  },
  timeout: {
    wrong: (place) => `${place} did not answer in time`,
    next: (place, { protocol }) =>
      `Check that the ${protocol} service on ${place} is not overloaded and that no firewall drops its packets; a slow one gets more time with --timeout on its profile.`,
  },
  'tls-not-offered': {
    wrong: (place) => `${place} does not offer TLS`,
    next: (place, { protocol }) =>
      `Enable TLS for ${protocol} on ${place} and give it a certificate, or check that this is the right port for ${protocol}.`,
  },
  'temporarily-refused': {
    wrong: (place) => `${place} turned us away for now`,
    next: (place) =>
      `Wait for the next check; if it stays so, look for rate limits or greylisting on ${place} and let this machine through.`,
  },
  'plaintext-injection': {
    wrong: (place) => `${place} sent plaintext after it had agreed to TLS, which an attacker could have put there`,
    next: (place, { protocol }) =>
      `Update the ${protocol} server on ${place} (such faults are known as STARTTLS response injection), and look for a middlebox on the way.`,
  },
  'handshake-failed': {
    wrong: (place) => `The TLS handshake with ${place} failed`,
    next: (place, { protocol }) =>
      `Check the certificate, key, TLS versions and ciphers of the ${protocol} service on ${place}, and that the port speaks ${protocol}.`,
  },
  'protocol-error': {
    wrong: (place, { protocol }) => `${place} does not answer as ${protocol} should`,
    next: (place, { protocol }) => `Check that ${place} is the right host and port for ${protocol}.`,
  },
  'address-refused': {
    wrong: (place) => `${place} is at an address that this certmon must not connect to`,
    next: (place) =>
      `Check that the DNS records of ${place} are right; if they are, the operator can allow private and loopback addresses with CERTMON_EGRESS_ALLOW.`,
  },
  'no-route': {
    wrong: (place) => `This machine has no route to ${place} at that address`,
    next: () =>
      'Nothing is wrong with the service as far as certmon can tell: give this machine a route (often IPv6) to check that address too.',
  },
};

/** @param detail the peer's or the system's own words, already cut; may be empty. */
export function connectionSentence(
  code: ConnectionCode,
  place: string,
  endpoint: Endpoint,
  detail: string,
  afterLeaf: boolean,
): string {
  const wrong = TEXTS[code].wrong(place, endpoint);
  const when = afterLeaf ? ' after it had sent its certificate' : '';
  return `${wrong}${when}${detail === '' ? '' : `: ${detail}`}.`;
}

export function connectionNextStep(code: ConnectionCode, place: string, endpoint: Endpoint): string {
  return TEXTS[code].next(place, endpoint);
}
