import { expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import { inspect } from 'node:util';
import { toDatabaseError } from '../../src/store/database.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';

describeOnBothEngines('an error of the database', (test) => {
  it('says nothing of what people typed', async () => {
    const failure = await test()
      .database.pool.execute(sql`select no_such_function(${'what a person typed'})`)
      .then(
        () => undefined,
        (error: unknown) => toDatabaseError(error),
      );

    expect(failure).toMatchObject({ code: '42883' });
    expect(inspect(failure, { depth: 10 })).not.toContain('what a person typed');
  });

  it.each([
    { code: '57P01', becomes: { code: 'database-away', message: 'the database cannot be reached (57P01)' } },
    { code: '53100', becomes: { code: 'database-away', message: "the database's disk is full (53100)" } },
    {
      code: '28P01',
      becomes: { code: 'database-refused', message: 'the database refuses certmon: planted; check DATABASE_URL' },
    },
    { code: '3D000', becomes: { code: 'database-refused' } },
    { code: '23505', becomes: { code: 'taken' } },
    { code: '23503', becomes: { code: '23503' } },
  ])('$code becomes $becomes.code', ({ code, becomes }) => {
    const driver = Object.assign(new Error('planted'), { code });

    expect(toDatabaseError(new Error('wrapped, with parameters', { cause: driver }))).toMatchObject(becomes);
  });
});
