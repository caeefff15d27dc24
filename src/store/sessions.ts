/**
 * The pool: sessions of one connection each, instead of postgres.js's own pool of several.
 *
 * postgres.js 3.4 does not survive a connection that is lost under a transaction: its own ROLLBACK is then written to no
 * socket, an error nobody can catch (porsager/postgres, issue 1208); it connects again by itself, and what is left of the
 * dead transaction may run by itself or inside another's (pull request 1155); or it never gets a connection again (1209).
 * So here a session belongs to one statement or one transaction at a time, is asked one thing after another, and is thrown
 * away at the first sign that its connection is lost: it never connects a second time.
 */
import postgres from 'postgres';

/** What drizzle asks of postgres.js. */
type Client = Pick<postgres.Sql, 'unsafe' | 'begin' | 'options'>;

export interface Sessions {
  /** Each statement takes any free session; `begin` keeps one. */
  readonly client: postgres.Sql;
  /** Lets what runs come to its end for `withinMs`, then cuts it off. */
  close(withinMs: number): Promise<void>;
}

interface Session {
  readonly client: postgres.Sql;
  isLost: boolean;
  /** Settles when what was asked last is answered. */
  last: Promise<unknown>;
}

type Statement = Parameters<postgres.Sql['unsafe']>;

/** Codes as postgres.js has them, for what is refused before it is asked. */
class SessionError extends Error {
  readonly code: 'CONNECTION_CLOSED' | 'CONNECTION_ENDED';

  constructor(code: SessionError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * @param connect makes a client of one connection, which tells of its end.
 * @param keepsStatements whether statements may stay prepared, which saves a round trip and their planning each time.
 */
export function createSessions(
  connect: (onclose: () => void) => postgres.Sql,
  max: number,
  keepsStatements: boolean,
): Sessions {
  const all = new Set<Session>();
  const free: Session[] = [];
  const waiting: { resolve: (session: Session) => void; reject: (error: Error) => void }[] = [];
  /** Drizzle sets here how it wants values; every session gets the same. */
  const options = { parsers: {}, serializers: {} };
  let isClosing = false;
  /** Until a pooler in between shows that it hands out connections by transaction, and so forgets them. */
  let keeps = keepsStatements;
  let onReleased = (): void => undefined;

  function open(): Session {
    const session: Session = {
      client: connect(() => {
        lose(session);
      }),
      isLost: false,
      last: Promise.resolve(),
    };
    Object.assign(session.client.options.parsers, options.parsers);
    Object.assign(session.client.options.serializers, options.serializers);
    all.add(session);
    return session;
  }

  function lose(session: Session): void {
    if (session.isLost) return;
    session.isLost = true;
    all.delete(session);
    if (free.includes(session)) free.splice(free.indexOf(session), 1);
    // It is past use whatever comes of this.
    session.client.end({ timeout: 0 }).catch(() => undefined);
  }

  async function acquire(): Promise<Session> {
    if (isClosing) throw new SessionError('CONNECTION_ENDED', 'the database was closed');
    const session = free.pop();
    if (session !== undefined) return session;
    if (all.size < max) return open();
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
    });
  }

  function release(session: Session): void {
    const next = waiting.shift();
    if (next !== undefined) next.resolve(session.isLost ? open() : session);
    else if (!session.isLost) free.push(session);
    onReleased();
  }

  async function ask(session: Session, asValues: boolean, statement: Statement): Promise<unknown> {
    const answer = session.last.then(async () => {
      if (session.isLost) throw new SessionError('CONNECTION_CLOSED', 'the connection was lost');
      try {
        const [text, parameters, options] = statement;
        const prepare = keeps && hasOneForm(text, parameters);
        const pending = session.client.unsafe(text, parameters, { ...options, prepare });
        return await (asValues ? pending.values() : pending);
      } catch (error) {
        if (isLoss(error)) lose(session);
        if (isForgotten(error)) keeps = false;
        throw error;
      }
    });
    session.last = answer.catch(() => undefined);
    return answer;
  }

  async function askAny(asValues: boolean, statement: Statement): Promise<unknown> {
    const session = await acquire();
    try {
      return await ask(session, asValues, statement).catch((error: unknown) => {
        if (!isForgotten(error)) throw error;
        return ask(session, asValues, statement);
      });
    } finally {
      release(session);
    }
  }

  async function begin<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const session = await acquire();
    /** PostgreSQL answers COMMIT with a silent rollback after an error, though the work may have caught it. */
    let failure: { readonly error: unknown } | undefined;
    const askHere = async (asValues: boolean, statement: Statement): Promise<unknown> => {
      try {
        return await ask(session, asValues, statement);
      } catch (error) {
        failure ??= { error };
        throw error;
      }
    };
    try {
      await ask(session, false, ['begin']);
      const result = await work(clientOn(askHere));
      // What the work did not wait for belongs to it too.
      await session.last;
      if (failure !== undefined) throw (failure as { error: unknown }).error;
      await ask(session, false, ['commit']);
      return result;
    } catch (error) {
      await session.last;
      if (!session.isLost) await ask(session, false, ['rollback']).catch(() => undefined);
      throw error;
    } finally {
      release(session);
    }
  }

  function clientOn(asked: (asValues: boolean, statement: Statement) => Promise<unknown>): Client {
    const client = {
      options,
      begin,
      unsafe: (...statement: Statement) => ({
        values: () => asked(true, statement),
        then: (...handlers: Parameters<Promise<unknown>['then']>) => asked(false, statement).then(...handlers),
      }),
    };
    return client as unknown as Client;
  }

  return {
    client: clientOn(askAny) as postgres.Sql,
    async close(withinMs) {
      isClosing = true;
      for (const { reject } of waiting.splice(0))
        reject(new SessionError('CONNECTION_ENDED', 'the database was closed'));
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs);
        onReleased = () => {
          if (free.length === all.size) resolve();
        };
        onReleased();
      });
      clearTimeout(timer);
      await Promise.all([...all].map((session) => session.client.end({ timeout: 0 })));
    },
  };
}

/** Whatever the server did not say itself leaves the connection in doubt; what it calls fatal ends it. */
function isLoss(error: unknown): boolean {
  return !(error instanceof postgres.PostgresError) || error.severity === 'FATAL' || error.severity === 'PANIC';
}

/** A list in `in (…)` or in `values` makes another text for each length: kept, they would only pile up. */
const MOST_PARAMETERS = 40;

function hasOneForm(text: string, parameters: Statement[1]): boolean {
  const count = parameters?.length ?? 0;
  return count > 0 && count <= MOST_PARAMETERS && !text.includes(' in ($');
}

/** The statement is not there, or another's of that name is: a pooler gave us another connection in between. */
export function isForgotten(error: unknown): boolean {
  return error instanceof postgres.PostgresError && FORGOTTEN_CODES.includes(error.code);
}

/** Invalid and duplicate prepared statement name (PostgreSQL manual, appendix A). */
export const FORGOTTEN_CODES: readonly string[] = ['26000', '42P05'];
