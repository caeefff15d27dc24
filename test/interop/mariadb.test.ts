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
      await site.run(PROGRAMS.mariadbInstall, ['--no-defaults', `--datadir=${data}`, '--skip-test-db']);
      const args = [
        '--no-defaults',
        `--datadir=${data}`,
        `--tmpdir=${data}`,
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
