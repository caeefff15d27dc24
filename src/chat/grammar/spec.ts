/** How one command is written: what `help` tells of it, and what the grammar takes. */
import type { Role } from '../../core/workspace.ts';

export interface FlagSpec {
  /** How the value is written in the usage line; `undefined` for a flag that takes none. */
  readonly value: string | undefined;
  readonly isRepeatable: boolean;
}

export interface CommandSpec {
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly details: readonly string[];
  readonly example: string;
  /** What it takes after its name: what it cannot do without, as a sentence names it, and how many words at most. */
  readonly words: { readonly needs: readonly string[]; readonly most: number };
  readonly flags: Readonly<Record<string, FlagSpec>>;
  /** The least that a person must be to say it. */
  readonly role: Role;
  /** It only looks: when it fails, nothing was changed. */
  readonly onlyReads: boolean;
}

export const value = (shown: string): FlagSpec => ({ value: shown, isRepeatable: false });
export const values = (shown: string): FlagSpec => ({ value: shown, isRepeatable: true });
export const SWITCH: FlagSpec = { value: undefined, isRepeatable: false };
export const needing = (...needs: readonly string[]): CommandSpec['words'] => ({ needs, most: needs.length });
export const upTo = (most: number): CommandSpec['words'] => ({ needs: [], most });
export const NONE = needing();
