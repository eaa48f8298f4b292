#!/usr/bin/env bash
# Says on standard output nothing when a Chromium is there, installing Debian's when possible; else why there is none,
# and exit status 1.
set -euo pipefail

has_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null; }

if has_chromium; then exit 0; fi
if ! command -v apt-get >/dev/null; then echo "no Chromium, and no apt-get to install it"; exit 1; fi
if [ "$(id -u)" != 0 ]; then echo "no Chromium, and only root can install it"; exit 1; fi
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install --yes --no-install-recommends chromium; } >&2; then
  echo "no Chromium, and apt-get could not install it (no network?)"
  exit 1
fi
has_chromium || { echo "no Chromium, although apt-get installed it"; exit 1; }
