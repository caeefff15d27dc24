#!/usr/bin/env bash
# Shows that the layer rules bite: plants one import that each rule forbids, and fails unless each is reported. A cruise
# that reads no module would pass everything.
set -euo pipefail
cd "$(dirname "$0")/.."

plant() { # rule, file, line
  trap 'rm -f "$2"' RETURN
  printf '%s\n' "$3" > "$2"
  local report
  report=$(npx --no-install depcruise --config .dependency-cruiser.cjs --output-type err src 2>&1) && {
    echo "not caught: $1"
    return 1
  }
  grep -q "$1" <<< "$report" || {
    printf 'caught, but not as %s:\n%s\n' "$1" "$report"
    return 1
  }
  echo "caught: $1"
}

plant core-is-pure src/core/planted.ts "import 'node:fs';"
plant store-imports-core src/store/planted.ts "import '../probe/probe.ts';"
plant probe-imports-core src/probe/planted.ts "import type { Store } from '../store/store.ts'; export type Planted = Store;"
plant monitoring-imports-core src/monitoring/planted.ts "import '../store/store.ts';"
plant chat-imports-core-and-monitoring src/chat/planted.ts "import '../probe/probe.ts';"
plant platforms-are-strangers src/chat/console/planted.ts "import '../slack/adapter.ts';"
plant one-importer-of-node-schedule src/monitoring/planted.ts "import 'node-schedule';"
