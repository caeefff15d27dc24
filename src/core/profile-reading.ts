/** What a person writes into a profile, one flag after the other; each mistake says what would be right. */
import { durationText, parseDurationWithin } from './duration.ts';
import { parsed, refused } from './errors.ts';
import type { Parsed } from './errors.ts';
import { DEFAULT_SEVERITY, RULES } from './finding.ts';
import type { FindingCode, Rule, Severity } from './finding.ts';
import { nearest } from './nearest.ts';
import type { Profile, RemindedSeverity } from './profile.ts';
import { quote } from './quote.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const MOST_THRESHOLDS = 10;
const MOST_DAYS = 90;
const MOST_TRIES = 10;

const THRESHOLDS_ARE = `thresholds are 1 to ${String(MOST_THRESHOLDS)} whole days from 0 to ${String(MOST_DAYS)}, such as 60,30,7,0`;

/** `60,30,7,0` in any order: largest first. */
export function readThresholds(text: string): Parsed<readonly number[]> {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  const wrong = parts.find((part) => !/^\d{1,2}d?$/i.test(part) || Number.parseInt(part, 10) > MOST_DAYS);
  if (wrong !== undefined) return refused(`${quote(wrong, 20)} is no threshold: ${THRESHOLDS_ARE}`);
  const days = parts.map((part) => Number.parseInt(part, 10)).sort((a, b) => b - a);
  const different = [...new Set(days)];
  if (different.length < days.length) {
    const twice = days.find((one, index) => days.indexOf(one) !== index);
    return refused(`the threshold ${String(twice)} is given twice`, thresholdsText(different));
  }
  if (days.length === 0) return refused(`there is no threshold: ${THRESHOLDS_ARE}`);
  if (days.length > MOST_THRESHOLDS) {
    return refused(`${String(days.length)} thresholds are too many: ${THRESHOLDS_ARE}`);
  }
  return parsed(days);
}

export function thresholdsText(days: readonly number[]): string {
  return days.join(',');
}

export function readInterval(text: string): Parsed<number> {
  return parseDurationWithin(text, 5 * MINUTE_MS, DAY_MS, 'the time between two checks');
}

export function readTimeout(text: string): Parsed<number> {
  return parseDurationWithin(text, SECOND_MS, MINUTE_MS, 'the time that a probe may take');
}

/** `3x60s`: a connection failure is believed after three tries, a minute apart. */
export function readConfirm(text: string): Parsed<Profile['confirm']> {
  const [, tries = '', every = ''] = /^(\d{1,4})\s*[x×*]\s*(\S+)$/i.exec(text.trim()) ?? [];
  if (tries === '') return refused(`${quote(text, 20)} does not say how often and how far apart`, '3x60s');
  const everyMs = parseDurationWithin(every, 10 * SECOND_MS, HOUR_MS, 'the time between two tries');
  if (!everyMs.ok) {
    const { message, suggestion } = everyMs.problem;
    return suggestion === undefined ? everyMs : refused(message, `${tries}x${suggestion}`);
  }
  const count = Number(tries);
  if (count < 1 || count > MOST_TRIES) {
    const near = count < 1 ? 1 : MOST_TRIES;
    return refused(
      `${tries} tries do not do: a failure is believed after 1 to ${String(MOST_TRIES)}`,
      `${String(near)}x${durationText(everyMs.value)}`,
    );
  }
  return parsed({ tries: count, everyMs: everyMs.value });
}

/** How often what is of that severity is told again; `undefined`: never. */
export interface ReminderWish {
  readonly severity: RemindedSeverity;
  readonly everyMs: number | undefined;
}

const REMINDED = ['critical', 'warning'] as const satisfies readonly RemindedSeverity[];

/** `critical=1d` or `warning=off`. */
export function readReminder(text: string): Parsed<ReminderWish> {
  const [word, every] = halves(text);
  const severity = REMINDED.find((one) => one === word.toLowerCase());
  if (severity === undefined) {
    const near = nearest(word, REMINDED) ?? 'critical';
    return refused(
      `${quote(word, 20)} cannot be reminded of: critical and warning can`,
      `${near}=${every === '' ? '1d' : every}`,
    );
  }
  if (every.toLowerCase() === 'off') return parsed({ severity, everyMs: undefined });
  if (every === '') return refused(`${quote(text, 30)} does not say how often`, `${severity}=1d`);
  const everyMs = parseDurationWithin(every, HOUR_MS, 30 * DAY_MS, 'the time between two reminders');
  if (everyMs.ok) return parsed({ severity, everyMs: everyMs.value });
  const { message, suggestion } = everyMs.problem;
  return refused(message, suggestion === undefined ? undefined : `${severity}=${suggestion}`);
}

/** What the codes of a rule are to be; `default` takes a change back. */
export interface RuleWish {
  readonly codes: readonly FindingCode[];
  readonly severity: Severity | 'off' | 'default';
}

const RULE_VALUES = ['off', 'info', 'warning', 'critical', 'default'] as const;

/** `weak-key=off`, `strength=info`: a rule's name means all its codes. */
export function readRule(text: string): Parsed<RuleWish> {
  const [word, value] = halves(text);
  const names = [...Object.keys(RULES), ...Object.keys(DEFAULT_SEVERITY)];
  const codes = codesOf(word.toLowerCase());
  if (codes === undefined) {
    const near = nearest(word, names);
    const rules = `the rules are ${Object.keys(RULES).join(', ')}; each finding's code is one too`;
    return refused(
      `there is no rule ${quote(word, 40)}: ${rules}`,
      near === undefined ? undefined : `${near}=${value === '' ? 'off' : value}`,
    );
  }
  const severity = RULE_VALUES.find((one) => one === value.toLowerCase());
  if (severity === undefined) {
    const given =
      value === '' ? `${quote(text, 40)} does not say what it is to be` : `${quote(value, 20)} is no severity`;
    const begun = value === '' ? undefined : RULE_VALUES.find((one) => one.startsWith(value.toLowerCase()));
    const near = begun ?? nearest(value, RULE_VALUES) ?? 'off';
    return refused(`${given}: ${RULE_VALUES.join(', ')}`, `${word}=${near}`);
  }
  return parsed({ codes, severity });
}

function codesOf(word: string): readonly FindingCode[] | undefined {
  if (Object.hasOwn(RULES, word)) return Object.keys(RULES[word as Rule]) as FindingCode[];
  return Object.hasOwn(DEFAULT_SEVERITY, word) ? [word as FindingCode] : undefined;
}

/** What stands before and after the first `=`. */
function halves(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** Why a profile cannot be called so; `undefined` where it can. */
export function profileNameProblem(name: string): string | undefined {
  if (/^[\p{L}\p{N}_-]{1,40}$/u.test(name)) return undefined;
  return `${quote(name)} cannot be a profile's name: it is 1 to 40 letters, digits, - and _`;
}
