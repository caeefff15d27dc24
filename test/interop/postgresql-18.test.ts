/** The PostgreSQL 18 that comes from npm: direct TLS with ALPN, and SSLRequest. */
import { join } from 'node:path';
import { usablePrograms } from '../helpers/postgres-server.ts';
import { startPostgresql } from './harness/postgres.ts';
import { testDaemon } from './harness/suite.ts';

testDaemon({
  daemon: 'postgresql-18',
  services: [{ protocol: 'postgresql' }, { protocol: 'postgresql', direct: true }],
  start: async (site) => startPostgresql(site, join(await usablePrograms(site.directory, site.user), 'bin')),
});
