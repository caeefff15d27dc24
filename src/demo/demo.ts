/** `certmon demo`: the service itself, on a temporary data directory, typed at by a script that tells its story. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { startApp } from '../app.ts';
import { loadConfig } from '../config.ts';
import type { Clock } from '../core/ports.ts';
import { createLog } from '../log.ts';
import { openCompany } from './company.ts';
import type { Company } from './company.ts';
import { Narrator } from './narrator.ts';
import { tell } from './story.ts';

/** A minute passes every second. */
const SPEED = 60;

export interface DemoSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

export async function runDemo({ env, stdout, signal: told }: DemoSurroundings): Promise<number> {
  const readerLeft = new AbortController();
  const signal = AbortSignal.any([told, readerLeft.signal]);
  // Nobody reads on (`| head`, a closed terminal): the story ends, and what was made for it goes.
  const onWriteError = (): void => {
    readerLeft.abort();
  };
  stdout.on('error', onWriteError);
  const directory = await mkdtemp(join(tmpdir(), 'certmon-demo-'));
  const hasColour = stdout.isTTY && (env.NO_COLOR ?? '') === '';
  const narrator = new Narrator(stdout, hasColour);
  let company: Company | undefined;
  try {
    company = await openCompany();
    const caFile = join(directory, 'company-root.pem');
    await writeFile(caFile, company.rootPem);
    const config = loadConfig({
      CERTMON_DATA_DIR: join(directory, 'data'),
      CERTMON_EXTRA_CA_FILE: caFile,
      // The issuer's certificate is fetched from this machine too.
      CERTMON_EGRESS_ALLOW: '127.0.0.0/8',
      LOG_LEVEL: env.LOG_LEVEL ?? 'error',
    });
    const input = new PassThrough();
    const app = await narrator.during('Making a database of its own', () =>
      startApp(
        {
          config,
          log: createLog(config.logLevel, process.stderr),
          console: {
            input,
            output: narrator.screen,
            isTerminal: false,
            hasColour,
            isJson: false,
            personName: 'you',
            historyFile: undefined,
            demo: undefined,
          },
          mayJoin: false,
          servesHealth: false,
          loopbackAllowed: true,
          adjustClock: (clock) => fasterClock(clock, SPEED),
        },
        signal,
      ),
    );
    try {
      await tell(company, narrator.at(input, signal));
    } finally {
      await app.stop();
    }
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    narrator.say('Stopped.');
    return 0;
  } finally {
    await company?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function fasterClock(clock: Clock, speed: number): Clock {
  const start = clock.now().getTime();
  return { now: () => new Date(start + (clock.now().getTime() - start) * speed) };
}
