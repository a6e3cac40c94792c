#!/usr/bin/env bash
# Walk through the door as a browser and a program would; see services/smoke.py.
source "$(dirname "$0")/lib.sh"
docker compose run --rm --no-deps -T --entrypoint python portal -m services smoke https://nginx:8443
