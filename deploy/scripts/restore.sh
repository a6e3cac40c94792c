#!/usr/bin/env bash
# Restore a backup beside the running installation, into a Compose project of its own:
#   make restore FROM=latest [AT='2026-11-23 02:20:00+00'] [INTO=mooring-restored] [PORT=8444] [SUBNET=172.31.251.0/24]
# All four databases come from one server and one log, so they agree with one another at one instant,
# and the new project's brokers start empty: nothing can arrive that the databases have not seen.
source "$(dirname "$0")/lib.sh"

from=${FROM:?FROM=latest, or the name of a base backup}
into=${INTO:-mooring-restored}
port=${PORT:-8444}
subnet=${SUBNET:-172.31.251.0/24} # two installations on one host cannot share a network
here=$(docker compose config --format json | sed -n 's/^  "name": "\(.*\)",\{0,1\}$/\1/p')

require_docker
[ "$into" != "$here" ] || fail "restore into another project than $here, look at it, and then switch over"
docker volume inspect "${here}_backups" >/dev/null 2>&1 || fail "there are no backups of $here"

beside() { MOORING_PORT=$port MOORING_APP_SUBNET=$subnet docker compose --project-name "$into" "$@"; }

say "restoring $from into $into"
began=$SECONDS
beside run --rm --no-deps -T -v "${here}_backups:/backups:ro" \
  -v "$PWD/deploy/postgres/restore.sh:/etc/mooring/restore.sh:ro" \
  --entrypoint /etc/mooring/restore.sh postgres "$from" ${AT:+"$AT"}
say "starting it"
beside up --detach --wait --wait-timeout 180 --quiet-pull postgres >/dev/null 2>&1

ask() { # ask DATABASE: SQL from standard input, in the restored project
  beside exec -T postgres psql --no-psqlrc -At -F $'\t' -v ON_ERROR_STOP=1 --dbname "$1"
}

printf '\n%-12s %8s %8s %8s  %s\n' database facts unsent audit newest
for service in "${services[@]}"; do
  IFS=$'\t' read -r facts unsent audit newest < <(ask "$service" <<'SQL'
SELECT count(*), count(*) FILTER (WHERE published_at IS NULL), (SELECT count(*) FROM audit),
       coalesce((SELECT max(at)::timestamptz(0)::text FROM audit), '-') FROM outbox
SQL
  )
  printf '%-12s %8s %8s %8s  %s\n' "$service" "$facts" "$unsent" "$audit" "$newest"
done
printf '\n%-14s %8s %8s\n' reminders rows due
ask engagement <<'SQL' | while IFS=$'\t' read -r state rows due; do printf '%-14s %8s %8s\n' "$state" "$rows" "$due"; done
SELECT state, count(*), count(*) FILTER (WHERE due_at < now()) FROM reminder GROUP BY state ORDER BY state
SQL
printf '\nRestored in %s s. Start the rest of it with\n  MOORING_PORT=%s MOORING_APP_SUBNET=%s docker compose -p %s up -d --wait\n' \
  "$((SECONDS - began))" "$port" "$subnet" "$into"
