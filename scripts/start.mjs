// `npm start` and `npm run demo`: says what to do where `dist/` was not built, instead of a stack trace.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write(
    'certmon is not built: there is no dist/. Run `npm ci` with the development dependencies, or `npm run build`, or copy a built dist/ here.\n',
  );
  process.exit(1);
}
await import(main.href);
