/** One PostgreSQL of either version: it takes its certificate for the whole instance, so there is one for each. */
import { join } from 'node:path';
import { listenersOf } from './site.ts';
import type { Site } from './site.ts';
import { STATES } from './credentials.ts';

/** `programs` holds `initdb` and `postgres`. Services that share an instance's port are the same listener to it. */
export async function startPostgresql(site: Site, programs: string): Promise<void> {
  await Promise.all(
    STATES.flatMap((state) => listenersOf(site, state)).map(async ({ port, chainFile, keyFile }) => {
      const data = await site.makeFolder(String(port));
      const flags = ['--auth=reject', '--username=postgres', '--encoding=UTF8', '--locale=C', '--no-sync'];
      await site.run(join(programs, 'initdb'), [`--pgdata=${data}`, ...flags]);
      const settings = [
        'listen_addresses=127.0.0.1,::1',
        'unix_socket_directories=',
        'ssl=on',
        `ssl_cert_file=${chainFile}`,
        `ssl_key_file=${keyFile}`,
      ];
      const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
      // SIGINT is its fast shutdown; SIGTERM would wait for who is connected.
      await site.start(
        { program: join(programs, 'postgres'), args, user: site.user, stopSignal: 'SIGINT' },
        String(port),
      );
    }),
  );
}
