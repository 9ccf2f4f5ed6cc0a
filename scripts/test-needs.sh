#!/usr/bin/env bash
# Installs what the tests need where it can (Debian packages, as root), and
# says exactly what is missing where it cannot.
set -euo pipefail

missing=()
need() { # program, Debian packages that bring it
  command -v "$1" >/dev/null || missing+=("$1|$2")
}

# PostgreSQL's server programs lie outside PATH on Debian.
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
[ -n "$postgres" ] && PATH=$PATH:$postgres

look() {
  missing=()
  need gcc "gcc libc6-dev"        # the race detector is C
  need initdb postgresql
  need pgbench "postgresql postgresql-contrib"
  need pgbouncer pgbouncer
  need node nodejs
  need npm npm
  [ -n "$(browser)" ] || missing+=("chromium|chromium")
  urdu || missing+=("a font for Urdu|fontconfig fonts-noto-core")
}

# The page is tested in Chromium, under any of its names.
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome || true; }

# Without the letters of Urdu a screenshot shows boxes.
urdu() { [ -n "$(fc-list :lang=ur family 2>/dev/null)" ]; }

look
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  packages=$(printf '%s\n' "${missing[@]}" | cut -d'|' -f2)
  echo "Installing: $(echo $packages)"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  # shellcheck disable=SC2086
  apt-get install -y -q --no-install-recommends $packages >/dev/null
  postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
  [ -n "$postgres" ] && PATH=$PATH:$postgres
  look
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "The tests need these, which are not here:"
  for m in "${missing[@]}"; do echo "  ${m%%|*}  (Debian: apt-get install ${m##*|})"; done
  exit 1
fi
