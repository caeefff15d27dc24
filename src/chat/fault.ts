/** What of an error may stand in the log: what a person typed must not, and a failed statement's message holds it. */
import { DatabaseAwayError } from '../core/errors.ts';

/** Fields for the log: `reason` where the error, or a cause of it, may carry the parameters of a statement. */
export function faultFields(error: unknown): object {
  if (error instanceof DatabaseAwayError) return { reason: error.message };
  const chain = causesOf(error);
  if (!chain.some((one) => 'query' in one || 'params' in one || 'parameters' in one)) return { err: error };
  const code = chain.map((one) => ('code' in one ? one.code : undefined)).find((one) => typeof one === 'string');
  return {
    reason: `a database statement failed${code === undefined ? '' : ` (${code})`}`,
    stack: chain.map(framesOf).find((frames) => frames !== ''),
  };
}

const DEEPEST = 10;

function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let one = error; one instanceof Error && chain.length < DEEPEST; one = one.cause) chain.push(one);
  return chain;
}

/** The stack without the message in front of it. */
function framesOf({ stack = '', message }: Error): string {
  const at = stack.indexOf(message);
  return at === -1 ? '' : stack.slice(at + message.length).trim();
}
