/** nginx on loopback with a chain of our own, as the peer of the benchmarks: TLS 1.3, ECDSA P-256. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../../src/demo/authority.ts';

export interface BenchServer {
  readonly port: number;
  readonly caFile: string;
  readonly serverName: string;
  close(): Promise<void>;
}

const SERVER_NAME = 'mail.example.com';
const WILDCARD = '*.example.com';

export interface BenchServerOptions {
  /** Between the leaf and the root; one if absent. */
  readonly intermediates?: number;
  /** Where to listen besides 127.0.0.1 at `port`: `127.0.0.10:20000`. */
  readonly places?: readonly string[];
}

export async function startBenchServer({
  intermediates = 1,
  places = [],
}: BenchServerOptions = {}): Promise<BenchServer> {
  const folder = await mkdtemp(join(tmpdir(), 'certmon-bench-'));
  // nginx leaves its rights as root and must be able to come in.
  await chmod(folder, 0o755);
  const root = await createAuthority('Bench Root');
  let issuer = root;
  for (let number = 1; number <= intermediates; number += 1) {
    issuer = await issuer.issueIntermediate(`Bench Intermediate ${String(number)}`);
  }
  const leaf = await issuer.issueLeaf({ dns: [SERVER_NAME, WILDCARD] });
  const port = await freePort();
  const [caFile, certificate, key, config] = ['root.pem', 'chain.pem', 'key.pem', 'nginx.conf'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  await Promise.all([
    writeFile(caFile, root.pem),
    writeFile(certificate, leaf.chainPem),
    writeFile(key, leaf.keyPem, { mode: 0o600 }),
    writeFile(
      config,
      `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
       events { worker_connections 8192; }
       http { access_log off; ssl_session_tickets off;
         server { ${[`127.0.0.1:${String(port)}`, ...places].map((place) => `listen ${place} ssl backlog=4096;`).join(' ')}
           ssl_certificate ${certificate}; ssl_certificate_key ${key}; return 200; } }`,
    ),
  ]);
  const nginx = spawn('nginx', ['-c', config, '-e', `${folder}/error.log`], { stdio: 'inherit' });
  const failed = once(nginx, 'error').then(([error]) => {
    throw new Error('nginx is needed as the peer; install it (Debian: nginx-light)', { cause: error });
  });
  await Promise.race([failed, accepts(port)]);
  failed.catch(() => undefined);
  return {
    port,
    caFile,
    serverName: SERVER_NAME,
    async close() {
      nginx.kill('SIGTERM');
      if (nginx.exitCode === null) await once(nginx, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function accepts(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    const isThere = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<false>((resolve) => socket.on('error', () => resolve(false))),
    ]);
    socket.destroy();
    if (isThere) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${String(port)}`);
}
