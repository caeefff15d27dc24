/** MariaDB: SSLRequest after its greeting. A certificate is a whole instance's, so there are two. */
import { STATES } from './harness/credentials.ts';
import { PROGRAMS } from './harness/requirements.ts';
import { listenersOf, ownCertificate, portOf } from './harness/site.ts';
import type { Site } from './harness/site.ts';
import { testDaemon } from './harness/suite.ts';

async function start(site: Site): Promise<void> {
  await Promise.all(
    STATES.map(async (state) => {
      const { chainFile, keyFile } = ownCertificate(site, state);
      const data = await site.makeFolder(state);
      // As it starts it clears the temporary tables of others away.
      const temporary = await site.makeFolder(`${state}-temporary`);
      const folders = ['--no-defaults', `--datadir=${data}`, `--tmpdir=${temporary}`];
      await site.run(PROGRAMS.mariadbInstall, [...folders, '--skip-test-db']);
      const args = [
        ...folders,
        `--socket=${data}/socket`,
        `--pid-file=${data}/pid`,
        '--bind-address=127.0.0.1,::1',
        `--port=${portOf(listenersOf(site, state), 'mysql')}`,
        `--ssl-cert=${chainFile}`,
        `--ssl-key=${keyFile}`,
      ];
      await site.start({ program: PROGRAMS.mariadbd, args, user: site.user }, state);
    }),
  );
}

testDaemon({ daemon: 'mariadb', services: [{ protocol: 'mysql' }], start });
