/** What oracles are made of. */
import { DerError } from '../../src/probe/der.ts';

export function must(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

/** `read` throws nothing but what `isExpected` knows. */
export function orElse(read: () => void, isExpected: (error: unknown) => boolean): void {
  try {
    read();
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
}

/** `undefined` where `read` ends in an error that `isExpected` knows. */
export async function attempt<T>(
  read: () => Promise<T>,
  isExpected: (error: unknown) => boolean,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isExpected(error)) throw error;
    return undefined;
  }
}

export const isDerError = (error: unknown): boolean => error instanceof DerError;

export const bytes = (...texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));

export const hex = (text: string): Buffer => Buffer.from(text, 'hex');
