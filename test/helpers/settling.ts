/** What settling is given and gives, for a monitor at one address that serves `old`, 20 days from its end. */
import type { Certificate } from '../../src/core/certificate.ts';
import type { CloseReason } from '../../src/core/incident.ts';
import type { Observation, ReadAddress } from '../../src/core/observation.ts';
import { STANDARD_PROFILE } from '../../src/core/profile.ts';
import { settle } from '../../src/core/settle.ts';
import type { SettleInput } from '../../src/core/settle.ts';
import * as build from './builders.ts';
import { failedAddress, inDays, NOW as now, observation, servingLeaf } from './builders.ts';

export const A = '192.0.2.1';
export const B = '192.0.2.2';

/** A year's certificate that ends in `daysLeft`. */
export function certificate(fingerprint: string, daysLeft: number): Certificate {
  return build.certificate({ fingerprint, notBefore: inDays(daysLeft - 365), notAfter: inDays(daysLeft) });
}

export const read = (address: string, leaf: Certificate): ReadAddress => servingLeaf(leaf, { address });
export const timedOut = (address: string) => failedAddress({ address });
export const observed = (...addresses: Observation['addresses'][number][]): Observation => observation({ addresses });

export const finding: typeof build.finding = (overrides) =>
  build.finding({ addresses: [A], fingerprint: 'old', ...overrides });

export const member: typeof build.member = (overrides) => build.member({ monitorId: 'CM1', address: A, ...overrides });

export const incident: typeof build.incident = (overrides) =>
  build.incident({
    id: 'CI1',
    workspaceId: 'w',
    number: 1,
    key: { kind: 'certificate', subject: 'old' },
    members: [member()],
    ...overrides,
  });

export const TOLD = [60, 30].map((thresholdDays) => ({
  fingerprint: 'old',
  profileId: '',
  thresholdDays,
  instant: inDays(20 - thresholdDays),
  silent: false,
}));

export function settled(overrides: Partial<SettleInput>) {
  let number = 7;
  return settle(
    {
      monitor: build.monitor({ id: 'CM1', workspaceId: 'w' }),
      profile: STANDARD_PROFILE,
      observation: observed(read(A, certificate('old', 20))),
      findings: [],
      crossings: [],
      incidents: [],
      acceptances: [],
      inTurn: new Set(),
      isChangeSettled: false,
      newIncident: () => ({ id: `CI${String(number)}`, number: number++ }),
      ...overrides,
    },
    now,
  );
}

export const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
export const noName = observation({ resolution: { outcome: 'dns-failure', detail: '' }, addresses: [] });
export const renewed = observed(read(A, certificate('new', 365)));
export const closedAs = (reason: CloseReason) => [
  { events: [{ type: 'closed', reason }], incident: { closed: { at: now, reason }, wellSince: undefined } },
];
