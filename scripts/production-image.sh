#!/usr/bin/env bash
# Builds what the Dockerfile builds, without a container: production dependencies beside dist/, started and asked
# whether it is ready; and without dist/, that start says so. Argument: an empty folder to use.
set -euo pipefail
cd "$(dirname "$0")/.."
image=$1
mkdir -p "$image"
cp -r package.json package-lock.json .npmrc scripts migrations dist "$image"
cd "$image"
NODE_ENV=production timeout 600 npm ci --omit=dev

mv dist built
if message=$(npm start 2>&1); then
  echo 'start without dist/ did not fail'
  exit 1
fi
grep -q 'npm run build' <<< "$message" || { echo "start without dist/ does not say what to do: $message"; exit 1; }
mv built dist

PORT=0 CERTMON_DATA_DIR="$image/data" node dist/main.js start < /dev/null > start.log 2>&1 &
pid=$!
trap 'kill "$pid" 2> /dev/null || true' EXIT
for _ in $(seq 120); do
  grep -q 'certmon is ready' start.log && break
  kill -0 "$pid" 2> /dev/null || { cat start.log; exit 1; }
  sleep 0.5
done
grep -q 'certmon is ready' start.log || { cat start.log; exit 1; }
kill -TERM "$pid"
wait "$pid"
echo 'the production image starts, and stops when told to'
