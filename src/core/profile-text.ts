/** How a profile is told: the one place for its words. */
import { durationText } from './duration.ts';
import { RULES } from './finding.ts';
import type { FindingCode, Rule } from './finding.ts';
import { thresholdsText } from './profile-reading.ts';
import type { Profile } from './profile.ts';

export interface ProfileFact {
  readonly label: string;
  readonly value: string;
}

export function profileFacts(profile: Profile): readonly ProfileFact[] {
  const { thresholdsDays, scale, checkIntervalMs, confirm, timeoutMs } = profile;
  return [
    { label: 'Thresholds', value: `${thresholdsText(thresholdsDays)} days` },
    { label: 'Scaled to short lifetimes', value: scale ? 'yes' : 'no' },
    { label: 'Checked every', value: `${durationText(checkIntervalMs)}, more often for short-lived certificates` },
    { label: 'Rules', value: rulesText(profile.severities) },
    { label: 'Trusted', value: trustText(profile.trust) },
    {
      label: 'Connection failures',
      value: `believed after ${counted(confirm.tries, 'try', 'tries')}, ${durationText(confirm.everyMs)} apart`,
    },
    { label: 'Reminders', value: remindersText(profile.remind) },
    { label: 'Time-out', value: durationText(timeoutMs) },
  ];
}

/** `Thresholds: 60,30,7,0 days, was 30,7,0 days`, one for each thing that differs. */
export function profileDifference(before: Profile, after: Profile): readonly string[] {
  const was = new Map(profileFacts(before).map(({ label, value }) => [label, value]));
  return profileFacts(after).flatMap(({ label, value }) => {
    const old = was.get(label) ?? '';
    if (old !== value) return [`${label}: ${value}; was ${old}`];
    const isOtherCa = label === 'Trusted' && before.trust.extraCaPem !== after.trust.extraCaPem;
    return isOtherCa ? [`${label}: ${value}, other certificates than before`] : [];
  });
}

function rulesText(severities: Profile['severities']): string {
  const left = new Set(Object.keys(severities) as FindingCode[]);
  const said: string[] = [];
  for (const rule of Object.keys(RULES) as Rule[]) {
    const codes = Object.keys(RULES[rule]) as FindingCode[];
    const [first] = codes;
    const value = first === undefined ? undefined : severities[first];
    if (codes.length < 2 || value === undefined || !codes.every((code) => severities[code] === value)) continue;
    said.push(`${rule}=${value}`);
    for (const code of codes) left.delete(code);
  }
  for (const code of left) said.push(`${code}=${severities[code] ?? ''}`);
  return said.length === 0 ? 'all as certmon comes with them' : `${said.join(', ')}; others as certmon comes with them`;
}

function trustText({ extraCaPem, only }: Profile['trust']): string {
  if (extraCaPem === undefined) return 'public CAs';
  const own = counted(
    extraCaPem.split('-----BEGIN ').length - 1,
    'CA certificate of its own',
    'CA certificates of its own',
  );
  return only ? `${own}, and no public CA` : `public CAs and ${own}`;
}

function remindersText({ critical, warning }: Profile['remind']): string {
  const said = [
    ...(critical === undefined ? [] : [`critical every ${durationText(critical)}`]),
    ...(warning === undefined ? [] : [`warning every ${durationText(warning)}`]),
  ];
  return said.length === 0 ? 'none' : `${said.join(', ')}, until acknowledged`;
}

function counted(count: number, one: string, several: string): string {
  return `${String(count)} ${count === 1 ? one : several}`;
}

/** All of it in one line, as the audit keeps it. */
export function profileText(profile: Profile): string {
  return profileFacts(profile)
    .map(({ label, value }) => `${label}: ${value}`)
    .join('; ');
}
