/** Debian's PostgreSQL (OpenSSL): SSLRequest. Direct TLS came with version 17. */
import { startPostgresql } from './harness/postgres.ts';
import { PROGRAMS } from './harness/requirements.ts';
import { testDaemon } from './harness/suite.ts';

testDaemon({
  daemon: 'postgresql',
  services: [{ protocol: 'postgresql' }],
  start: (site) => startPostgresql(site, PROGRAMS.debianPostgres()),
});
