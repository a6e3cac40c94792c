#!/bin/bash
# The server refuses a private key that others may read, and a mounted secret keeps the mode it has on
# the host: start it on a copy of its own.
set -euo pipefail
install -m 0600 /run/secrets/server.key /var/run/postgresql/server.key
exec docker-entrypoint.sh postgres -c config_file=/etc/mooring/postgresql.conf "$@"
