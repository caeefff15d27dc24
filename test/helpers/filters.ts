/** Random tag filters, for properties. */
import fc from 'fast-check';
import { PROTOCOL_TOKENS } from '../../src/core/protocol.ts';
import { joined } from '../../src/core/tag-filter.ts';
import type { FilterTerm, TagFilter } from '../../src/core/tag-filter.ts';

export interface FilterWords {
  readonly tag: fc.Arbitrary<string>;
  /** Of profiles and contact groups. */
  readonly name: fc.Arbitrary<string>;
  readonly pattern: fc.Arbitrary<string>;
}

export const STATUSES = ['paused', 'pending', 'expired', 'error', 'expiring', 'valid'] as const;

function terms({ tag, name, pattern }: FilterWords): fc.Arbitrary<FilterTerm> {
  return fc.oneof(
    fc.record({ type: fc.constant('tag' as const), tag }),
    fc.record({ type: fc.constant('status' as const), status: fc.constantFrom(...STATUSES) }),
    fc.record({ type: fc.constant('protocol' as const), protocol: fc.constantFrom(...PROTOCOL_TOKENS) }),
    fc.record({ type: fc.constant('host' as const), pattern }),
    fc.record({ type: fc.constantFrom('profile' as const, 'group' as const), name }),
    fc.record({
      type: fc.constant('days' as const),
      comparison: fc.constantFrom('<' as const, '<=' as const, '=' as const, '>=' as const, '>' as const),
      days: fc.integer({ min: -3, max: 400 }),
    }),
  );
}

/** Up to four deep, in the one form that the parser gives. */
export function filters(words: FilterWords): fc.Arbitrary<TagFilter> {
  const { filter } = fc.letrec<{ filter: TagFilter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4, depthSize: 'small', withCrossShrink: true },
      terms(words),
      tie('filter').map((term): TagFilter => ({ type: 'not', term })),
      fc
        .tuple(
          fc.constantFrom('and' as const, 'or' as const),
          tie('filter'),
          tie('filter'),
          fc.array(tie('filter'), { maxLength: 2 }),
        )
        .map(([type, first, second, more]) => joined(type, first, second, ...more)),
    ),
  }));
  return filter;
}
