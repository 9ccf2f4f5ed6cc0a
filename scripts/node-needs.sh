#!/usr/bin/env bash
# Installs the Node packages of the tests, each where its package.json lies,
# unless they are there already. Nothing leaves these folders.
set -euo pipefail
cd "$(dirname "$0")/.."
for dir in testdata/node identity/testdata/betterauth; do
  stamp=$dir/node_modules/.installed
  if [ ! -f "$stamp" ] || [ "$dir/package-lock.json" -nt "$stamp" ]; then
    echo "npm ci in $dir"
    (cd "$dir" && npm ci --no-audit --no-fund --loglevel=error)
    touch "$stamp"
  fi
done
