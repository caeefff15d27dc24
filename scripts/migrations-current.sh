#!/usr/bin/env bash
# Fails where src/store/schema.ts and migrations/ disagree: a schema that was changed without its migration.
set -euo pipefail
cd "$(dirname "$0")/.."

kept=$(mktemp -d)
cp -r migrations "$kept"
trap 'rm -rf migrations && cp -r "$kept/migrations" . && rm -rf "$kept"' EXIT
before=$(ls migrations migrations/meta)
npx --no-install drizzle-kit generate --name drift > /dev/null
after=$(ls migrations migrations/meta)
if [ "$before" != "$after" ]; then
  echo 'the schema has changed without a migration; run: npm run migrations'
  exit 1
fi
