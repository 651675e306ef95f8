#!/usr/bin/env bash
# See to it that there is a Chromium for `make pages`: Debian's, and letters of the languages that the pages speak.
set -euo pipefail

for program in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -z "$program" ] || ! command -v "$program" > /dev/null || exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "Installing Chromium, once"
    apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
        chromium fonts-dejavu-core fonts-noto-cjk > /dev/null && exit 0
fi
echo "There is no Chromium: the pages are not looked at. Install it (apt-get install chromium fonts-noto-cjk)," \
    "or name one: CHROMIUM=/path/to/it make pages" >&2
