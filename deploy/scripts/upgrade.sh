#!/usr/bin/env bash
# Bring a running installation to another release, one service after the other, the old one working on:
#   make upgrade TO=0.2.0          build it from this checkout, add to the schema, change over
#   make upgrade TO=0.1.0 BACK=1   go back to images that are still here; the schema stays
#   make upgrade FINISH=1          when nobody will go back: apply what waited for the old release's end
# What is accepted meanwhile is kept: the door always has a healthy container of each service to ask.
source "$(dirname "$0")/lib.sh"
source deploy/scripts/remedies.sh
require_docker

# A portal may ask of services what its own release knows, so it is never newer than they are: it
# changes over last, and first on the way back.
rolled=(assessment treatment engagement portal)
[ -z "${BACK:-}" ] || rolled=(portal assessment treatment engagement)
began=$SECONDS
from=$(setting MOORING_RELEASE 0.1.0)

set_release() { # in the settings file, so that whatever starts later is of this release
  grep -v '^MOORING_RELEASE=' "$settings" >"$settings.new" || true
  printf 'MOORING_RELEASE=%s\n' "$1" >>"$settings.new"
  chmod 600 "$settings.new"
  mv "$settings.new" "$settings"
  export MOORING_RELEASE=$1
}

containers() { docker compose ps --quiet "$1"; }
health() { docker inspect -f '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}' "$1"; }

wait_healthy() { # wait_healthy CONTAINER
  local tries=0
  until [ "$(health "$1")" = healthy ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || return 1
    case "$(docker inspect -f '{{.State.Status}}' "$1")" in exited | restarting | dead) [ "$tries" -lt 20 ] || return 1 ;; esac
    sleep 1
  done
}

roll() { # roll SERVICE: as many new containers as old ones, beside them; then the old ones end
  local old new count container
  mapfile -t old < <(containers "$1")
  count=${#old[@]}
  docker compose up --detach --no-deps --no-recreate --no-build --scale "$1=$((count * 2))" "$1" >"$log" 2>&1 || return 1
  mapfile -t new < <(containers "$1" | grep -vxF "$(printf '%s\n' "${old[@]}")")
  for container in "${new[@]}"; do
    wait_healthy "$container" && continue
    docker logs --tail 3 "$container" >&2
    docker rm --force "${new[@]}" >/dev/null
    return 1
  done
  sleep 6 # the door looks names up again every five seconds
  for container in "${old[@]}"; do
    docker stop --time 30 "$container" >/dev/null
    docker rm "$container" >/dev/null
  done
}

give_up() { # give_up SERVICE: what was rolled goes back; nothing is lost, for the schema only grew
  printf '%s of release %s did not become healthy: going back to %s\n' "$1" "$to" "$from" >&2
  set_release "$from"
  local at
  for ((at = ${#done_[@]} - 1; at >= 0; at--)); do roll "${done_[at]}" || true; done
  docker compose up --detach --no-deps --no-build mail >"$log" 2>&1 || true # these files have the old release, too, write to it by TLS
  fail "the upgrade was called off; release $from works on"
}

settings_of() { docker compose exec -T "$1" sha256sum /var/lib/mooring/nats-server.conf; }

renew() { # renew BROKER: with this release's settings, if they differ; the other brokers work on
  local before anew=()
  before=$(settings_of "$1")
  docker compose run --rm --no-deps -T "$1-config" || return 1
  [ "$before" = "$(settings_of "$1")" ] || anew=(--force-recreate)
  docker compose up --detach --no-deps --no-build --wait --wait-timeout 90 "${anew[@]}" "$1"
}

migrate() { # migrate ARGUMENTS: each service's own job; prints "SERVICE PHASE REVISION" of what is left
  local service
  for service in "${services[@]}"; do
    docker compose run --rm --no-deps -T "migrate-$service" migrate "$@" 2>"$log" | sed "s/^/$service /" \
      || { cat "$log" >&2; fail "the migration of $service failed; release $from works on"; }
  done
  docker compose run --rm --no-deps -T grants >"$log" 2>&1 || { cat "$log" >&2; fail "the grants failed"; }
}

finish() {
  say "what waited for the old release's end"
  migrate
  deploy/scripts/smoke.sh
  say "done in $((SECONDS - began)) s; the release before $from can no longer come back"
  exit 0
}

log=$(mktemp) pending=$(mktemp)
trap 'rm -f "$log" "$pending"' EXIT
[ -e "$settings" ] || fail "nothing is installed here: make up"
[ -n "$(containers portal)" ] || fail "nothing is running: make up"
[ -z "${FINISH:-}" ] || finish
to=${TO:?TO=the release to go to, such as 0.2.0}
[[ $to =~ ^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$ ]] || fail "TO=$to is not a release's name"
[ "$to" != "$from" ] || fail "release $to is what runs"

export MOORING_RELEASE=$to # for what is built here; the settings say it when the first service changes over
if [ -n "${BACK:-}" ]; then
  for service in "${rolled[@]}" watcher; do
    docker image inspect "mooring-$service:$to" >/dev/null 2>&1 \
      || fail "the image mooring-$service:$to is not here any more"
  done
  left=()
else
  require_own_secrets
  MOORING_HOSTNAME=$(setting MOORING_HOSTNAME localhost) deploy/scripts/secrets.sh # what only this release needs
  for service in "${rolled[@]}" watcher; do
    say "image of $service, release $to"
    docker compose build --quiet "$service" || fail "the image of $service could not be built"
  done
  say "a base backup, in case"
  docker compose exec -T backup /etc/mooring/backup.sh base >"$log" 2>&1 || { cat "$log" >&2; fail "no backup could be taken"; }
  say "schema: what the old release gets on with"
  migrate --beside-old >"$pending" # not in a substitution, whose failure would go unnoticed
  mapfile -t left <"$pending"
fi

for line in "${left[@]}"; do
  read -r service phase revision <<<"$line"
  [ "$phase" = stop ] || continue
  say "$service must stand still for its migration $revision; the others work on"
  mapfile -t old < <(containers "$service")
  docker stop --time 30 "${old[@]}" >/dev/null
  docker compose run --rm --no-deps -T "migrate-$service" migrate >"$log" 2>&1 || { cat "$log" >&2; fail "the migration of $service failed: make upgrade again, or restore"; }
  docker compose run --rm --no-deps -T grants >"$log" 2>&1
  docker compose up --detach --no-deps --no-build "$service" >"$log" 2>&1
done

say "brokers"
if [ -z "${BACK:-}" ]; then # on the way back the newer settings serve the older release too
  for broker in $(docker compose config --services | grep -E '^nats-[0-9]$' | sort); do
    renew "$broker" >"$log" 2>&1 || { cat "$log" >&2; fail "$broker did not start with this release's settings: make logs S=$broker"; }
  done
fi
docker compose run --rm --no-deps -T provision >"$log" 2>&1 || { cat "$log" >&2; fail "the brokers could not be prepared"; }
set_release "$to"
done_=()
for service in "${rolled[@]}"; do
  say "$service: $from to $to"
  roll "$service" || give_up "$service"
  done_+=("$service")
done
follow() { # follow SERVICE OPTION...: to this release's files; one that fails calls nothing off
  say "$1"
  docker compose up --detach --no-deps --no-build --wait --wait-timeout 120 "${@:2}" "$1" >"$log" 2>&1 || say "$1 is not well: make logs S=$1"
}
follow watcher
follow mail
for each in backup $(docker compose config --services | grep -xE 'prometheus|alertmanager|grafana' || true); do
  follow "$each" --force-recreate # a file mounted by itself stays the old one in a container that runs
done
deploy/scripts/smoke.sh
deploy/scripts/status.sh || say "not everything is well yet: make status"
say "release $to runs after $((SECONDS - began)) s"
if printf '%s\n' "${left[@]}" | grep -q ' post '; then
  say "when nobody will go back: make upgrade FINISH=1"
else
  say "to go back: make upgrade TO=$from BACK=1"
fi
