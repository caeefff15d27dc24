/**
 * Memory over many probes of a long chain (ten intermediates), each read in full from the wire: it must stay flat. Needs
 * nginx.
 *
 *   npx tsx bench/probe/soak.ts [PROBES, 100000 if absent]
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isRead } from '../../src/core/observation.ts';
import { createProber } from '../../src/probe/probe.ts';
import { LOOPBACK_SETTINGS, endpointAt, requestFor } from '../../test/helpers/probing.ts';
import { startBenchServer } from './bench-server.ts';

const PROBES = Number(process.argv[2] ?? 100_000);
const CONCURRENCY = 64;
const INTERMEDIATES = 10;
const ROWS = 10;

const server = await startBenchServer({ intermediates: INTERMEDIATES });
const prober = createProber({ ...LOOPBACK_SETTINGS, perAddress: CONCURRENCY, threads: availableParallelism() });
const request = requestFor(endpointAt(server.port, 'https', { serverName: server.serverName }), {
  timeoutMs: 30_000,
  caPem: readFileSync(server.caFile, 'utf8'),
});
const { signal } = new AbortController();

async function probeMany(count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (left > 0) {
        left -= 1;
        const [seen] = (await prober.observe(request, new Date(), signal)).addresses.filter(isRead);
        if (seen?.chain.length !== INTERMEDIATES + 1) throw new Error('the chain was not read in full');
      }
    }),
  );
}

try {
  console.log('    probes   RSS MB  heap MB      /s');
  for (let row = 1; row <= ROWS; row += 1) {
    const startedAt = performance.now();
    await probeMany(PROBES / ROWS);
    const perSecond = PROBES / ROWS / ((performance.now() - startedAt) / 1000);
    const { rss, heapUsed } = process.memoryUsage();
    const shown = [rss / 1e6, heapUsed / 1e6, perSecond].map((value) => value.toFixed(0).padStart(8)).join(' ');
    console.log(`${String((PROBES / ROWS) * row).padStart(10)} ${shown}`);
  }
} finally {
  await prober.close();
  await server.close();
}
