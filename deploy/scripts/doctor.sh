#!/usr/bin/env bash
# Everything that should be so, looked at once: a line each, and what to do where it is not. Exit 1 then.
source "$(dirname "$0")/lib.sh"
source deploy/scripts/remedies.sh
require_docker

days=14
free_percent=${MOORING_FREE_PERCENT:-20} # less than this is named
ill=0

well() { printf '  well  %s\n' "$1"; }
bad() { printf '  NOT   %s\n        %s\n' "$1" "$2"; ill=1; }
note() { printf '        %s\n' "$1"; }

check_secrets() {
  local name missing=() weak=() open=()
  for name in $(secret_names); do
    if ! is_there "$name"; then missing+=("$name"); continue; fi
    [ -z "$(find "deploy/secrets/$name" -perm /022)" ] || open+=("$name")
    case "$name" in db_* | nats_* | demo_password | backup_key)
      [[ $(<"deploy/secrets/$name") =~ ^[A-Za-z].{23,}$ ]] || weak+=("$name") ;;
    esac
  done
  [ "$(stat -c %a deploy/secrets)" = 700 ] || open+=("the folder itself")
  if [ ${#missing[@]} -gt 0 ]; then name_missing "${missing[@]}"; fi
  if [ ${#weak[@]} -gt 0 ]; then bad "weak passwords: ${weak[*]}" "24 characters or more, the first a letter: a number-like one is misread"; fi
  if [ ${#open[@]} -gt 0 ]; then bad "secrets others may change or list: ${open[*]}" "chmod 700 deploy/secrets; chmod go-w deploy/secrets/*"; fi
  if [ ${#missing[@]}${#weak[@]}${#open[@]} = 000 ]; then well "secrets are there, strong and closed"; fi
}

name_missing() { # name_missing SECRET...: those of one remedy together
  local name said known=() free=()
  local -A of=()
  for name in "$@"; do
    said=$(remedy "$name")
    if [ -z "${of[$said]:-}" ]; then # what something knows goes first: secrets.sh would draw that as well
      if is_known "$name"; then known+=("$said"); else free+=("$said"); fi
    fi
    of[$said]+=" $name"
  done
  for said in "${known[@]}"; do bad "missing secrets:${of[$said]}" "$said"; done
  for said in "${free[@]}"; do bad "missing secrets:${of[$said]}" "${known:+once those above are back: }$said"; done
}

check_certificates() {
  local file ending=()
  for file in deploy/secrets/*.crt; do
    openssl x509 -noout -checkend $((days * 86400)) -in "$file" >/dev/null || ending+=("${file##*/}")
  done
  if [ ${#ending[@]} -gt 0 ]; then bad "ending within $days days: ${ending[*]}" "remove the .crt, then: deploy/scripts/secrets.sh && docker compose restart (nginx.crt of your own: put a newer one there; ca.crt: $runbook)"; else well "certificates last longer than $days days"; fi
}

check_disk() {
  local used
  used=$(df --output=pcent "$(docker info -f '{{.DockerRootDir}}')" | tail -n 1 | tr -dc 0-9)
  if [ $((100 - used)) -lt "$free_percent" ]; then bad "$((100 - used)) % of the disk is free" "make room: below this, one bad night fills it"; else well "$((100 - used)) % of the disk is free"; fi
}

check_database() {
  local name value version
  for name in fsync synchronous_commit full_page_writes data_checksums ssl; do
    value=$(psql_in postgres <<<"SHOW $name" 2>/dev/null) || { bad "the database does not answer" "make status"; return; }
    if [ "$value" != on ]; then bad "the database runs with $name = $value" "deploy/postgres/postgresql.conf is not what it was"; ill=1; return; fi
  done
  version=$(psql_in postgres <<<"SHOW server_version" 2>/dev/null) || version=
  well "the database (PostgreSQL ${version%% *}) writes before it answers, with checksums and TLS"
}

check_brokers() {
  local server found version oldest running away=() versions=()
  oldest=$(oldest_broker)
  running=$(docker compose ps --services --status running 2>/dev/null) || running=
  for server in $(docker compose config --services | grep -E '^nats-[0-9]$' | sort); do
    grep -qxF "$server" <<<"$running" || away+=("$server")
  done
  if [ ${#away[@]} -gt 0 ]; then # at once: the comparison below waits a minute for it
    bad "brokers that do not run: ${away[*]}" "docker compose up -d ${away[*]}; what it says: make logs S=${away[0]}"
    return
  fi
  for server in $(grep -E '^nats-[0-9]$' <<<"$running" | sort); do
    found=$(docker compose exec -T "$server" wget -qO- 'http://127.0.0.1:8222/jsz?config=true' 2>/dev/null) || found=
    grep -q '"sync_always": true' <<<"$found" || { bad "$server is away or does not write before it answers" "make logs S=$server"; return; }
    found=$(docker compose exec -T "$server" wget -qO- http://127.0.0.1:8222/varz 2>/dev/null) || found=
    version=$(sed -n 's/^ *"version": "\([^"]*\)".*/\1/p' <<<"$found" | head -n 1)
    printf '%s\n' "$oldest" "${version:-0}" | sort -VC || { bad "$server is nats-server ${version:-of an unknown version}: too old" "$oldest or newer is needed: NATS_IMAGE in $settings"; return; }
    versions+=("$version")
  done
  version=$(printf '%s\n' "${versions[@]}" | sort -Vu | paste -sd ' ')
  if found=$(docker compose run --rm --no-deps -T provision --check 2>/dev/null); then
    well "the brokers (nats-server $version) write before they answer, and hold what this release needs"
  else
    bad "the brokers differ from this release: $(tr '\n' ';' <<<"$found")" "docker compose up -d provision"
  fi
}

check_attempts() { # at each start a service tries one forbidden subject, to see it refused; nobody tries another
  local brokers tried
  mapfile -t brokers < <(docker compose config --services | grep -E '^nats-[0-9]$')
  tried=$(docker compose logs --no-color --no-log-prefix --since 24h "${brokers[@]}" 2>/dev/null \
    | grep -E '(Publish|Subscription) Violation|authentication error' | grep -cvE 'Subject "forbidden\.[a-z]+"$') || true
  if [ "${tried:-0}" -gt 0 ]; then bad "the brokers refused $tried times in the last day what nobody of ours asks for" "deploy/RUNBOOK.md, BrokerDenied and BrokerLoginRefused"; fi
}

check_release() {
  local found
  found=$(docker compose ps --format '{{.Image}}' "${services[@]}" watcher 2>/dev/null | sed 's/.*://' | sort -u | paste -sd ' ') || found=
  case "$found" in
    "") bad "no service is running" "make up" ;;
    *" "*) bad "releases differ: $found" "finish the upgrade, or go back: make status says which is which" ;;
    *) well "every container of ours is of release $found" ;;
  esac
}

check_keys() { # each service says of itself whether the keys it needs are there
  local service said
  for service in assessment treatment engagement; do
    said=$(docker compose exec -T "$service" python - 2>/dev/null <<'PYTHON'
from urllib.error import HTTPError
from urllib.request import urlopen

try:
    print(urlopen("https://localhost:8443/health/ready", timeout=4).read().decode())
except HTTPError as error:
    print(error.read().decode())
PYTHON
    ) || continue
    case "$said" in *"person keys"*)
      bad "$service says: ${said//[\{\}\"]/}" "the volume person-keys is away, empty or closed: RUNBOOK, PersonKeysAway"
      return ;;
    esac
  done
  well "the keys of people's names are there and can be used"
}

check_backup() {
  local hours
  hours=$(psql_in postgres <<<"SELECT coalesce((extract(epoch FROM now() - max(at)) / 3600)::int, -1) FROM backup WHERE kind = 'base'" 2>/dev/null) || return 0
  if [ "$hours" -lt 0 ]; then bad "there is no base backup" "make backup"; elif [ "$hours" -gt 26 ]; then bad "the newest base backup is $hours h old" "make logs S=backup"; else well "the newest base backup is $hours h old"; fi
}

check_mail() { # what writes to people must have somebody who takes it
  local service
  [ "$(setting MOORING_DEMO false)" != true ] || return 0
  if mail_goes_nowhere; then bad "$nobody_is_told" "$how_to_tell"; return; fi
  for service in engagement watcher; do
    docker compose exec -T "$service" python - 2>/dev/null <<'PYTHON' || { bad "$service cannot reach the mail server $(setting MOORING_SMTP_HOST mail)" "$how_to_tell"; return; }
import os
import socket

server = os.environ["MOORING_SMTP_HOST"], int(os.environ["MOORING_SMTP_PORT"])
with socket.create_connection(server, timeout=5) as answer:
    answer.settimeout(5)
    assert answer.recv(3) == b"220"
PYTHON
  done
  if [ "$(setting MOORING_MAIL_TO operations@localhost)" = operations@localhost ]; then
    bad "the watcher's alarms go to operations@localhost" "MOORING_MAIL_TO in $settings"
    return
  fi
  well "engagement and the watcher reach the mail server"
}

check_provider() { # whom staff sign in with must answer, by the name that is expected
  [ -n "$(setting MOORING_OIDC_ISSUER "")" ] || return 0
  docker compose exec -T portal python - 2>/dev/null <<'PYTHON' || { bad "the portal does not reach the identity provider" "deploy/RUNBOOK.md, \"Identity provider\""; return; }
import json
import os
from urllib.request import urlopen

issuer = os.environ["MOORING_OIDC_ISSUER"]
with urlopen(issuer.rstrip("/") + "/.well-known/openid-configuration", timeout=5) as answer:
    assert json.load(answer)["issuer"] == issuer
PYTHON
  well "the portal reaches the identity provider"
}

check_clock() {
  case "$(timedatectl show -p NTPSynchronized --value 2>/dev/null || true)" in
    yes) well "the clock is kept by a time server" ;;
    no) bad "the clock is not kept by a time server" "timedatectl set-ntp true" ;;
    *) note "whether a time server keeps the clock cannot be seen from here" ;;
  esac
}

check_secrets
check_certificates
check_disk
check_clock
check_database
check_brokers
check_attempts
check_release
check_keys
check_backup
check_mail
check_provider
[ "$(setting MOORING_DEMO false)" = true ] && note "this is a demo: nothing in it is about a real person"
exit "$ill"
