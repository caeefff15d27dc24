/** A folder where one daemon lives: its certificates, its configuration, its programs; gone when it is closed. */
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Protocol } from '../../../src/core/protocol.ts';
import type { Credential } from '../../../src/demo/authority.ts';
import { createPki, datesOf, STATES } from './credentials.ts';
import type { Pki, State } from './credentials.ts';
import { accepts, freePorts, LOOPBACK } from './ports.ts';
import { logTail, startProgram } from './process.ts';
import type { Command, Running, User } from './process.ts';
import type { Listener, Service } from './service.ts';
import { startSweeper } from './sweeper.ts';

const START_WITHIN_MS = 60_000;
const POLL_MS = 50;
const START_TRIES = 3;

export interface Site {
  readonly directory: string;
  /** Every service, good and expired. */
  readonly listeners: readonly Listener[];
  /** The root that alone is trusted. */
  readonly caFile: string;
  readonly caPem: string;
  /** Both loopback addresses for every server name, as in hosts(5). */
  readonly hostsFile: string;
  /** Who owns the folder and the keys. */
  readonly user: User;
  /** Writes a file for the daemon; returns its path. */
  write(name: string, text: string): Promise<string>;
  /** Makes a folder for the daemon; returns its path. */
  makeFolder(name: string): Promise<string>;
  /** Runs a program in the background until the site is closed. `name` is that of its log. */
  start(command: Command, name: string): Promise<void>;
  /** Runs a program to its end, as the site's user. Its log has its name. */
  run(program: string, args: readonly string[]): Promise<void>;
}

export interface OpenSite extends Site {
  close(): Promise<void>;
}

export interface SiteOptions {
  readonly daemon: string;
  readonly services: readonly Service[];
  readonly user: User;
  /** Writes the configuration and starts the programs; need not wait for them. */
  readonly start: (site: Site) => Promise<void>;
}

/** Resolves when every port accepts on both addresses. Where that fails, the error has the end of the daemon's log. */
export async function openSite(options: SiteOptions): Promise<OpenSite> {
  const pki = await createPki();
  // Somebody may take a port between the question for a free one and the start.
  for (let tries = 1; ; tries += 1) {
    try {
      return await openOnce(options, pki);
    } catch (error) {
      const portWasTaken = error instanceof Error && /address (?:already )?in use/i.test(error.message);
      if (!portWasTaken || tries === START_TRIES) throw error;
    }
  }
}

async function openOnce({ daemon, services, user, start }: SiteOptions, pki: Pki): Promise<OpenSite> {
  const directory = await mkdtemp(join(tmpdir(), `certmon-interop-${daemon}-`));
  const sweeper = startSweeper(directory);
  const running: Running[] = [];
  let isClosed = false;
  const launch = async (command: Command, name: string): Promise<Running> => {
    const program = await startProgram(command, name, directory, sweeper);
    running.push(program);
    // One of several that start at once may have failed, and the site be closed.
    if (isClosed) await program.stop();
    return program;
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    await Promise.all(running.splice(0).map((program) => program.stop()));
    await rm(directory, { recursive: true, force: true });
    await sweeper.dismiss();
  };
  const own = async (path: string): Promise<string> => {
    if ('uid' in user) await chown(path, user.uid, user.gid);
    return path;
  };
  const write = async (name: string, text: string, mode = 0o644): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, text, { mode });
    return own(path);
  };
  try {
    // Whom a daemon becomes after its start must be able to enter; the keys are for their owner.
    await chmod(directory, 0o755);
    await own(directory);
    const listeners = await makeListeners(`${daemon}.example.com`, services, pki, write);
    const names = [...new Set(listeners.map(({ serverName }) => serverName))];
    const site: Site = {
      directory,
      listeners,
      caFile: await write('root.pem', pki.root.pem),
      caPem: pki.root.pem,
      hostsFile: await write('hosts', LOOPBACK.map((address) => `${address} ${names.join(' ')}\n`).join('')),
      user,
      write,
      async makeFolder(name) {
        const path = join(directory, name);
        await mkdir(path, { recursive: true });
        return own(path);
      },
      async start(command, name) {
        await launch(command, name);
      },
      async run(program, args) {
        const setup = await launch({ program, args, user }, basename(program));
        const how = await setup.end;
        if (how !== 'exit code 0') throw new Error(`${setup.name} ended with ${how}`);
        running.splice(running.indexOf(setup), 1);
      },
    };
    await start(site);
    await untilAllAccept(listeners, running);
    return { ...site, close };
  } catch (error) {
    const log = await logTail(directory);
    await close();
    throw new Error(`${daemon} did not start: ${error instanceof Error ? error.message : String(error)}\n${log}`, {
      cause: error,
    });
  }
}

type Write = (name: string, text: string, mode?: number) => Promise<string>;

async function makeListeners(
  daemonName: string,
  services: readonly Service[],
  { intermediate }: Pki,
  write: Write,
): Promise<Listener[]> {
  const files = async (label: string, leaf: Credential): Promise<Pick<Listener, 'chainFile' | 'keyFile' | 'sent'>> => ({
    chainFile: await write(`${label}.chain.pem`, leaf.chainPem),
    keyFile: await write(`${label}.key.pem`, leaf.keyPem, 0o600),
    sent: [leaf.fingerprint, intermediate.fingerprint],
  });
  const issue = (state: State, names: Service['names']): Promise<Credential> =>
    intermediate.issueLeaf({ ...(names ?? { dns: [daemonName], ip: LOOPBACK }), ...datesOf(state) });

  const ports = await freePorts(services.length * STATES.length);
  const listeners: Listener[] = [];
  for (const state of STATES) {
    const shared = await files(state, await issue(state, undefined));
    for (const [index, service] of services.entries()) {
      const port = ports.pop();
      if (port === undefined) throw new Error('fewer ports than services');
      const certificate =
        service.names === undefined ? shared : await files(`${state}-${index}`, await issue(state, service.names));
      listeners.push({ service, state, port, serverName: service.serverName ?? daemonName, ...certificate });
    }
  }
  return listeners;
}

async function untilAllAccept(listeners: readonly Listener[], running: readonly Running[]): Promise<void> {
  const until = performance.now() + START_WITHIN_MS;
  for (const { port } of listeners) {
    for (const address of LOOPBACK) {
      while (!(await accepts(port, address))) {
        if (performance.now() > until) throw new Error(`time is up, nobody accepts on ${address} port ${port}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        failIfEnded(running);
      }
    }
  }
  failIfEnded(running);
}

function failIfEnded(running: readonly Running[]): void {
  for (const program of running) {
    const how = program.ended();
    if (how !== undefined) throw new Error(`${program.name} ended with ${how}`);
  }
}

/** The listeners of one certificate, for daemons that have one certificate each. */
export function listenersOf({ listeners }: Pick<Site, 'listeners'>, state: State): readonly Listener[] {
  return listeners.filter((listener) => listener.state === state);
}

/** The daemon's own leaf and its key. */
export function ownCertificate(site: Pick<Site, 'listeners'>, state: State): Pick<Listener, 'chainFile' | 'keyFile'> {
  const found = listenersOf(site, state).find(({ service }) => service.names === undefined);
  if (found === undefined) throw new Error(`no service has the ${state} leaf of the daemon`);
  return found;
}

/** Of the only service of its protocol there. */
export function portOf(listeners: readonly Listener[], protocol: Protocol): number {
  const [found, another] = listeners.filter(({ service }) => service.protocol === protocol);
  if (found === undefined || another !== undefined) throw new Error(`not one listener for ${protocol}`);
  return found.port;
}
