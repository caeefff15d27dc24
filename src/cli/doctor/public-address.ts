/** Whether certmon answers where the chat platforms are told to call it. */
import { fault, skipped, warning, well } from '../../core/diagnosis.ts';
import type { Diagnosis } from '../../core/diagnosis.ts';
import type { Parsed } from '../../core/errors.ts';
import { visible } from '../../core/quote.ts';

const ADDRESS = 'Public address';
const ANSWER_WITHIN_MS = 8_000;
const MOST_CHARS = 1_000;

const REMEDY =
  'Start certmon, let the proxy pass /healthz and /slack/events on to its PORT, and ask from outside: some networks cannot reach their own public address from within.';

/** @param url `undefined` where none is set. */
export async function diagnosePublicAddress(
  url: Parsed<string> | undefined,
  isNeeded: boolean,
  signal: AbortSignal,
): Promise<Diagnosis> {
  if (url === undefined) {
    return skipped(
      ADDRESS,
      isNeeded
        ? 'CERTMON_PUBLIC_URL is not set, so nobody asked whether Slack gets through.'
        : 'None is set, and none is needed.',
    );
  }
  if (!url.ok)
    return fault(
      ADDRESS,
      `CERTMON_PUBLIC_URL: ${url.problem.message}.`,
      'Set it to the https URL at which people reach certmon.',
    );
  try {
    const response = await fetch(`${url.value}/healthz`, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    const text = (await response.text()).slice(0, MOST_CHARS);
    if (/"alive"\s*:\s*true/.test(text)) return well(ADDRESS, `certmon answers at ${url.value}.`);
    return warning(
      ADDRESS,
      `At ${url.value}/healthz something else answers, with status ${String(response.status)}.`,
      REMEDY,
    );
  } catch (error) {
    if (signal.aborted) throw error;
    // `fetch` says only that it failed; its cause says why.
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return warning(ADDRESS, `From here nothing answers at ${url.value}/healthz: ${visible(why)}.`, REMEDY);
  }
}
