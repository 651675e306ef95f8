#!/usr/bin/env bash
# See to it that there are nginx and Caddy for `make long`: Debian's.
set -euo pipefail

if command -v nginx > /dev/null && command -v caddy > /dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "Installing nginx and Caddy, once"
    # Their services are not started: the tests do that.
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends \
        nginx-light caddy > /dev/null && exit 0
fi
echo "There is no nginx or no Caddy: the server is not tried behind them. Install them: apt-get install nginx caddy" >&2
