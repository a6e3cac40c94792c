#!/usr/bin/env bash
# Restore a backup beside the running installation, into a Compose project of its own:
#   make restore FROM=latest [AT='2026-11-23 02:20:00+00'] [INTO=mooring-restored] [PORT=8444] [SUBNET=172.31.251.0/24] [ENDED=...] [HOLE=1]
# What somebody changed is refused before anything starts (deploy/postgres/restore.sh says which file).
# All four databases come from one server and one log, so they agree with one another at one instant,
# and the new project's brokers start empty. Each database begins an epoch, so that whoever else holds
# versions from after that instant takes the restored word and lists what it held. The end is a check
# of the audit trails and a recount of the reminders; then two people look at it and release it. Its mail goes to its own catcher: two systems
# must not both write to people.
source "$(dirname "$0")/lib.sh"
source deploy/scripts/remedies.sh

from=${FROM:?FROM=latest, or the name of a base backup}
into=${INTO:-mooring-restored}
port=${PORT:-8444}
subnet=${SUBNET:-172.31.251.0/24} # two installations on one host cannot share a network
# Its alerts would be told beside the installation's own, so it has no monitors either.
# A way out is for the one installation that people hear from: not the mail server, no webhook, no ping.
# Nor the identity provider, which knows one address to send people back to: a copy has its own accounts.
files=${COMPOSE_FILE:-$(setting COMPOSE_FILE "")}
if [ -n "$files" ]; then
  COMPOSE_FILE=$(tr ':' '\n' <<<"$files" | grep -vE '/compose\.(mail|provider|monitoring)\.' | paste -sd :)
  export COMPOSE_FILE
fi
alone="${COMPOSE_FILE:+COMPOSE_FILE=$COMPOSE_FILE }MOORING_SMTP_HOST=mail MOORING_SMTP_PORT=1025 MOORING_SMTP_TLS=true"
here=$(project)

require_docker
require_own_secrets
MOORING_HOSTNAME=$(setting MOORING_HOSTNAME localhost) deploy/scripts/secrets.sh # a vault's copy may be of an older release
[ "$into" != "$here" ] || fail "restore into another project than $here, look at it, and then switch over"
docker volume inspect "${here}_backups" >/dev/null 2>&1 || fail "there are no backups of $here"

docker volume inspect "${here}_person-keys" >/dev/null 2>&1 ||
  say "THERE IS NO VOLUME ${here}_person-keys: without it nobody has a name. Put it back first (RUNBOOK), unless it is lost"

beside() {
  MOORING_PORT=$port MOORING_APP_SUBNET=$subnet MOORING_SMTP_HOST=mail MOORING_SMTP_PORT=1025 \
    MOORING_SMTP_TLS=true docker compose --project-name "$into" "$@"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
say "restoring $from into $into"
began=$SECONDS
mounts=(-v "${here}_backups:/backups:ro")
for file in restore.sh sealing.sh; do mounts+=(-v "$PWD/deploy/postgres/$file:/etc/mooring/$file:ro"); done
for file in backup_key backup_signing.pub; do mounts+=(-v "$PWD/deploy/secrets/$file:/run/secrets/$file:ro"); done
# The last seconds, not sealed yet; on another host they are not there.
! docker volume inspect "${here}_backup-room" >/dev/null 2>&1 || mounts+=(-v "${here}_backup-room:/incoming:ro")
beside run --rm --no-deps -T "${mounts[@]}" -e HOLE="${HOLE:-}" -e ENDED="${ENDED:-}" \
  --entrypoint /etc/mooring/restore.sh postgres "$from" ${AT:+"$AT"}
say "starting it"
beside up --detach --wait --wait-timeout 180 --quiet-pull postgres >/dev/null 2>&1

say "the keys of people's contact data, and the marks of those that were destroyed"
beside run --rm --no-deps -T -v "${here}_person-keys:/from:ro" --entrypoint /bin/sh assessment \
  -c 'cp -R /from/. /var/lib/mooring-keys/' >"$log" 2>&1 || { cat "$log" >&2; fail "the keys could not be copied"; }

say "this release's schema, and a new epoch for each database"
for service in "${services[@]}"; do
  beside run --rm --no-deps -T "migrate-$service" migrate >"$log" 2>&1 || { cat "$log" >&2; fail "the migration of $service failed"; }
done
beside run --rm --no-deps -T grants >"$log" 2>&1 || { cat "$log" >&2; fail "the grants failed"; }
for service in "${services[@]}"; do
  beside run --rm --no-deps -T "$service" restored 2>"$log" || { cat "$log" >&2; fail "$service could not begin an epoch"; }
done
# A backup has the keys that tokens are signed with: those of the installation would open the copy, and the other way round.
beside run --rm --no-deps -T portal keys rotate --leaked >"$log" 2>&1 || { cat "$log" >&2; fail "the portal could not make keys of its own"; }

ask() { # ask DATABASE: SQL from standard input, in the restored project
  beside exec -T postgres psql --no-psqlrc -At -F $'\t' -v ON_ERROR_STOP=1 --dbname "$1"
}

for service in "${services[@]}"; do
  unchecked=$(ask "$service" <<<"SELECT count(*) FROM pg_constraint WHERE NOT convalidated")
  [ "$unchecked" = 0 ] || fail "$service has $unchecked constraints that are not checked"
done
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
restored_s=$((SECONDS - began))

# As whom to look: the demo's password, or the one of the account in MOORING_PASSWORD.
if [ "$(setting MOORING_DEMO false)" = true ]; then MOORING_PASSWORD=$(cat deploy/secrets/demo_password); fi
export MOORING_PASSWORD=${MOORING_PASSWORD:-}
again="$alone MOORING_PORT=$port MOORING_APP_SUBNET=$subnet docker compose -p $into"
if [ -z "$MOORING_PASSWORD" ]; then
  printf '\nRestored in %s s. Start the rest with "%s up -d --wait", then verify-audit and reminders\n' "$restored_s" "$again"
  printf 'reconcile (RUNBOOK): set MOORING_PASSWORD to the one of an operations account, and this does it for you.\n'
  exit 0
fi
say "starting the rest"
beside up --detach --wait --wait-timeout 240 --quiet-pull >"$log" 2>&1 || { tail -n 5 "$log" >&2; fail "not everything started: $again ps"; }
inside() { beside exec -T -e MOORING_PASSWORD portal python -m services "$@"; }
say "audit trails"
inside verify-audit || say "after AT= the newest anchors speak of entries that are gone: RUNBOOK, AuditTrailBroken"
say "recounting the reminders"
inside reminders reconcile
say "what others held of the time that is gone"
for service in "${services[@]}"; do inside parked list "$service" || true; done
say "nobody works with it before two people (operations or leads) have released it: RUNBOOK, Backup and restore"
printf '\nRestored in %s s and looked at after %s s: https://%s:%s\nTo end it: %s down --volumes\n' \
  "$restored_s" "$((SECONDS - began))" "$(setting MOORING_HOSTNAME localhost)" "$port" "$again"
