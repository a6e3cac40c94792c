#!/usr/bin/env bash
# New passwords for databases and brokers and new certificates from the same authority; a certificate of
# your own at the door stays. Everything is started again with them: expect a minute in which nobody can work.
source "$(dirname "$0")/lib.sh"
source deploy/scripts/remedies.sh
require_docker

roles=(postgres backup watcher)
for service in "${services[@]}"; do roles+=("$service" "${service}_owner"); done
[ "$(docker compose ps --format '{{.Health}}' postgres)" = healthy ] || fail "the database is not up: make up"

if [ -e deploy/secrets/ca.crt ] || [ -e deploy/secrets/ca.key ]; then # one without the other signs nothing of what goes below
  for file in ca.crt ca.key; do is_there "$file" || fail "$file is missing: $(remedy "$file")"; done
fi

say "certificates and passwords"
keep=(ca.crt)
if [ -e deploy/secrets/nginx.crt ] && ! signed_by deploy/secrets/ca.crt deploy/secrets/nginx.crt; then
  say "the door's certificate is your own, not of deploy/secrets/ca.crt: it stays, with its key"
  keep+=(nginx.crt)
fi
find deploy/secrets -name '*.crt' $(printf '! -name %s ' "${keep[@]}") -delete
rm -f deploy/secrets/nats_* deploy/secrets/url_*
for role in "${roles[@]}"; do rm -f "deploy/secrets/db_$role"; done
MOORING_HOSTNAME=$(setting MOORING_HOSTNAME localhost) deploy/scripts/secrets.sh
for role in "${roles[@]}"; do
  printf "ALTER ROLE %s PASSWORD '%s';\n" "$role" "$(cat "deploy/secrets/db_$role")"
done | psql_in postgres

say "starting everything again"
docker compose up --detach --wait --wait-timeout 180 --force-recreate >/dev/null 2>&1 || fail "not everything started: make status"
deploy/scripts/smoke.sh
