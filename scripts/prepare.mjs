// Runs on `npm ci`: compiles `src/` to `dist/`. A production install has no compiler and brings its own `dist/`, so there
// this does nothing instead of failing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = `${root}node_modules/typescript/bin/tsc`;

if (existsSync(compiler) && existsSync(`${root}tsconfig.build.json`)) {
  const { status } = spawnSync(process.execPath, [compiler, '-p', `${root}tsconfig.build.json`], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
