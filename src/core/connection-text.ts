/** What is said where a probe could not look: the sentence and the next step of each connection code. */
import type { ConnectionCode } from './finding.ts';
import type { Endpoint } from './monitor.ts';

interface ConnectionText {
  readonly wrong: (place: string, endpoint: Endpoint) => string;
  readonly next: (place: string, endpoint: Endpoint, detail: string) => string;
  /** The detail says it all, with another subject: what is said of the place instead, and what is left of the detail. */
  readonly better?: (detail: string) => { readonly wrong: string; readonly detail: string } | undefined;
}

/** Why policy refuses an address that a setting decides about. Any other reason stands whatever the settings say. */
export const ADDRESS_REFUSALS = {
  denied: 'CERTMON_EGRESS_DENY names this address',
  loopback: 'loopback addresses are not connected to',
  private: 'private addresses are not connected to',
} as const;

/** The prober's words about the server are said of the place itself, so that nothing is said twice. */
function ofTheServer(detail: string): { wrong: string; detail: string } | undefined {
  const rest = /^the server (.+)$/s.exec(detail)?.[1];
  return rest === undefined ? undefined : { wrong: rest, detail: '' };
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
    better: (detail) => {
      const why = /^the connection was refused(?:: )?(.*)$/s.exec(detail)?.[1];
      return why === undefined ? undefined : { wrong: 'refuses connections', detail: why };
    },
  },
  reset: {
    wrong: (place) => `${place} broke the connection off`,
    next: (place, { protocol }) =>
      `Look into the log of the ${protocol} service on ${place} for why it hangs up, and check that the port speaks ${protocol}.`,
    better: ofTheServer,
  },
  timeout: {
    wrong: (place) => `${place} did not answer in time`,
    next: (place, { protocol }) =>
      `Check that the ${protocol} service on ${place} is not overloaded and that no firewall drops its packets.`,
    better: (detail) => {
      const within = /^no answer (within .+)$/s.exec(detail)?.[1];
      return within === undefined ? undefined : { wrong: `did not answer ${within}`, detail: '' };
    },
  },
  'tls-not-offered': {
    wrong: (place) => `${place} does not offer TLS`,
    next: (place, { protocol }) =>
      `Enable TLS for ${protocol} on ${place} and give it a certificate, or check that this is the right port for ${protocol}.`,
    better: ofTheServer,
  },
  'temporarily-refused': {
    wrong: (place) => `${place} turned us away for now`,
    next: (place) =>
      `Wait for the next check; if it stays so, look for rate limits or greylisting on ${place} and let this machine through.`,
    better: ofTheServer,
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
    next: (_, endpoint, detail) => refusedAddressStep(endpoint, detail),
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
  const text = TEXTS[code];
  const better = text.better?.(detail);
  const wrong = better === undefined ? text.wrong(place, endpoint) : `${place} ${better.wrong}`;
  const why = better === undefined ? detail : better.detail;
  const when = afterLeaf ? ' after it had sent its certificate' : '';
  return `${wrong}${when}${why === '' ? '' : `: ${why}`}.`;
}

/** @param detail as for the sentence: which step helps may depend on it. */
export function connectionNextStep(code: ConnectionCode, place: string, endpoint: Endpoint, detail: string): string {
  return TEXTS[code].next(place, endpoint, detail);
}

function refusedAddressStep({ displayHost, hostKind }: Endpoint, detail: string): string {
  const remedy = addressRemedy(detail);
  const isName = hostKind === 'name';
  if (remedy === undefined) {
    return isName
      ? `Correct the DNS records of ${displayHost}: no setting lets certmon connect to such an address.`
      : 'Monitor the service at another address: no setting lets certmon connect to this one.';
  }
  return isName
    ? `Check that the DNS records of ${displayHost} are right; if they are, the operator can ${remedy}.`
    : `If the address is right, the operator can ${remedy}.`;
}

function addressRemedy(detail: string): string | undefined {
  switch (detail) {
    case ADDRESS_REFUSALS.denied:
      return 'take it out of CERTMON_EGRESS_DENY';
    case ADDRESS_REFUSALS.loopback:
    case ADDRESS_REFUSALS.private:
      return 'allow it with CERTMON_EGRESS_ALLOW';
    default:
      return undefined;
  }
}
