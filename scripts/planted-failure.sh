#!/usr/bin/env bash
# Shows that the test command fails when a test fails: something loaded beside the tests could end the process with 0.
set -euo pipefail
cd "$(dirname "$0")/.."

planted=test/planted.test.ts
trap 'rm -f "$planted"' EXIT
echo "import { expect, it } from 'vitest'; it('fails', () => expect(1).toBe(2));" > "$planted"
if npm test -- "$planted" > /dev/null 2>&1; then
  echo 'npm test passes although a test fails'
  exit 1
fi
echo 'caught: a failing test fails npm test'
