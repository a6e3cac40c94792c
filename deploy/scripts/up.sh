#!/usr/bin/env bash
# From a clone to a system that answers: secrets, images, start, demo cohort, smoke journey, table.
# The first start decides: demo unless LIVE=1. Demo and real data never share a set of volumes.
source "$(dirname "$0")/lib.sh"
source deploy/scripts/remedies.sh

first_settings() {
  [ -e "$settings" ] && return
  local demo=true
  [ -n "${LIVE:-}" ] && demo=false
  ( umask 077
    cat >"$settings" <<END
# Read by Compose; deploy/RUNBOOK.md lists what else may be set here.
MOORING_DEMO=$demo
MOORING_BIND=${MOORING_BIND:-127.0.0.1}
MOORING_PORT=${MOORING_PORT:-8443}
MOORING_HOSTNAME=${MOORING_HOSTNAME:-localhost}
END
  )
}

require_same_kind() {
  case "${LIVE:-} $(setting MOORING_DEMO false)" in
    "1 true") fail "this installation holds a demo, and demo and real data never mix: use another folder" ;;
  esac
}

require_person_keys() { # an empty folder would look like one that belongs here
  has_volume postgres && has_volume backups || return 0 # a first start that broke off has none of the backups' yet
  has_volume person-keys || fail "the database is here, the volume $(project)_person-keys with the keys of people's names is not:
bring it back from its copy (deploy/RUNBOOK.md, PersonKeysAway); where there never was one: docker volume create $(project)_person-keys"
}

require_free_port() {
  local bind port
  bind=$(setting MOORING_BIND 127.0.0.1) port=$(setting MOORING_PORT 8443)
  [ -n "$(docker compose ps --quiet nginx 2>/dev/null)" ] && return
  if (exec 3<>"/dev/tcp/${bind/0.0.0.0/127.0.0.1}/$port") 2>/dev/null; then
    fail "port $port is taken: stop what listens there, or set MOORING_PORT in $settings"
  fi
}

build() {
  local service
  for service in "${services[@]}" watcher; do
    say "image of $service"
    docker compose build --quiet "$service" || fail "the image of $service could not be built"
  done
}

still_the_older() { # schemas go to their heads before services start: no older build may be at work then
  local service container older=()
  for service in "${services[@]}" watcher; do
    for container in $(docker compose ps --quiet "$service"); do
      [ "$(image_of "$container")" = "$(built_as "$container")" ] || older+=("$service")
    done
  done
  [ ${#older[@]} -gt 0 ] || return 0
  say "of an older build, so stopped until started anew: ${older[*]} (make upgrade goes without a pause)"
  docker compose stop --timeout 30 "${older[@]}" >"$log" 2>&1 \
    || { cat "$log" >&2; fail "what runs could not be stopped"; }
}

image_of() { docker inspect -f '{{.Image}}' "$1"; }
built_as() { docker image inspect -f '{{.Id}}' "$(docker inspect -f '{{.Config.Image}}' "$1")" 2>/dev/null; }

start() { # start SERVICE...: wait until healthy; on failure say which container and its last words
  docker compose up --detach --wait --wait-timeout 180 --remove-orphans --quiet-pull "$@" \
    >"$log" 2>&1 && return
  grep -iE 'error|denied|unhealthy|failed' "$log" | tail -n 3 >&2 || true
  local container
  for container in $(docker compose ps --all --quiet); do
    case "$(docker inspect -f '{{.State.Status}} {{.State.ExitCode}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$container")" in
      "running 0 healthy" | "running 0 " | "exited 0 "* | "created "*) continue ;;
    esac
    docker inspect -f 'in {{index .Config.Labels "com.docker.compose.service"}} ({{.State.Status}}, exit code {{.State.ExitCode}}):' "$container" >&2
    { docker logs --tail 3 "$container" 2>&1
      docker inspect -f '{{with .State.Health}}{{range .Log}}{{.Output}}{{end}}{{end}}' "$container" | tail -n 1
    } | sed 's/^/    /' >&2
  done
  fail "not everything started"
}

invite_cohort() { # once: the mark is in the database, so it lives and goes with the data
  [ "$(setting MOORING_DEMO false)" = true ] || return 0
  local mark service
  mark=$(psql_in portal <<<"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'portal'")
  [ -z "$mark" ] || return 0
  for service in portal assessment treatment engagement; do
    say "inviting the demo cohort: $service"
    docker compose run --rm -T "$service" seed --today "$(date -u +%F)" >"$log" 2>&1 \
      || { tail -n 5 "$log" >&2; fail "seeding $service failed; 'docker compose down --volumes' begins anew"; }
  done
  psql_in portal <<<"COMMENT ON DATABASE portal IS 'demo cohort of $(date -u +%F)'"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

require_docker
first_settings
require_same_kind
require_own_secrets
require_person_keys
require_free_port
MOORING_HOSTNAME=$(setting MOORING_HOSTNAME localhost) deploy/scripts/secrets.sh
build
still_the_older
say "database"
start postgres
invite_cohort
say "services"
start
say "smoke journey through nginx"
deploy/scripts/smoke.sh
deploy/scripts/status.sh
address="https://$(setting MOORING_HOSTNAME localhost):$(setting MOORING_PORT 8443)"
printf '\nMooring is ready: %s\n' "$address"
printf 'Its certificate is signed by deploy/secrets/ca.crt, until you put your own in its place.\n'
if [ "$(setting MOORING_DEMO false)" = true ]; then
  printf 'This is a demo: sign in as nell (a nurse); the password of all accounts is %s\n' \
    "$(cat deploy/secrets/demo_password)"
fi
if [ "$(setting MOORING_DEMO false)" != true ]; then
  printf 'Backups are of no use without deploy/secrets/backup_key: keep a copy of that folder in a vault elsewhere.\n'
fi
if mail_goes_nowhere; then
  printf '\nNOT WELL: %s.\n          Before anybody relies on it, %s\n' "$nobody_is_told" "$how_to_tell"
fi
