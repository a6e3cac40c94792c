#!/bin/bash
# Inside a new database container with the backups at /backups: see that nobody changed what is needed
# and that none of the log is missing, lay down a base backup, replay the log to its end or to a time,
# and leave a stopped server that is ready to be started.
#   restore.sh NAME|latest [TIME]     with HOLE=1 in the environment: what comes before a hole in the log
#   restore.sh fetch FILE TO      a file of the log, for the server that replays it
set -euo pipefail
source "$(dirname "$0")/sealing.sh"

root=/backups/sealed
# What the running installation had not sealed yet, where it is on this host.
incoming=/incoming/log

# Any status above 125 ends a recovery, and any other says that the log ends here.
fetch() {
  local file
  if [ -e "$root/wal/$1" ]; then file=wal/$1
  elif [ -e "$incoming/$1" ]; then exec cp "$incoming/$1" "$2"
  elif [ -e "$incoming/$1.partial" ]; then exec cp "$incoming/$1.partial" "$2"
  elif [ -e "$root/wal/$1.partial" ]; then file=wal/$1.partial
  else exit 1
  fi
  { require_intact "$file" && opened "$file" >"$2"; } || exit 255
}

number() { echo $((16#${1:8:8} * 256 + 16#${1:16:8})); } # of a segment, whatever its timeline

require_whole() { # require_whole SEGMENT: the log from there on, unchanged and without a hole
  local first last name at
  local -A there=()
  first=$(number "$1")
  last=$((first - 1)) # none at all: a base backup has the log of its own making
  while read -r name; do
    at=$(number "$name")
    [ "$at" -ge "$first" ] || continue
    there[$at]=1
    [ "$at" -le "$last" ] || last=$at
    [ ! -e "$root/wal/$name" ] || require_intact "wal/$name" || exit 1
  done < <(ls "$root/wal" "$incoming" 2>/dev/null | grep -E '^[0-9A-F]{24}(\.partial)?$')
  for ((at = first; at <= last; at++)); do
    [ -z "${there[$at]:-}" ] || continue
    name=$(printf '%08X%08X' $((at / 256)) $((at % 256)))
    [ -n "${HOLE:-}" ] || { echo "refused: of the log ????????$name is missing, and later segments are there (HOLE=1 restores what was before it)" >&2; exit 1; }
    echo "the log ends at a hole: ????????$name is missing" >&2
    break
  done
  for name in "$root"/wal/*.history; do
    [ ! -e "$name" ] || require_intact "wal/${name##*/}" || exit 1
  done
}

if [ "${1:-}" = fetch ]; then fetch "$2" "$3"; exit; fi

[ -z "$(ls -A "$PGDATA")" ] || { echo "the target already holds a database" >&2; exit 1; }
asked=${1:?which backup}
[ "$asked" != latest ] || asked=
name=$(find "$root/base" -mindepth 1 -maxdepth 1 -name "$asked*" ! -name '*.new' -printf '%f\n' | sort | tail -n 1)
[ -n "$name" ] || { echo "there is no sealed base backup '${1}'" >&2; exit 1; }

echo "base backup $name" >&2
require_intact "base/$name"
require_whole "${name#*-}"
opened "base/$name" | tar -C "$PGDATA" -xp
chmod 700 "$PGDATA"
touch "$PGDATA/recovery.signal"

settings=(-c "restore_command=$0 fetch %f %p" -c recovery_target_timeline=latest -c recovery_target_action=promote)
[ -z "${2:-}" ] || settings+=(-c "recovery_target_time=$2")

install -m 0600 "$secrets/server.key" /var/run/postgresql/server.key
pg_ctl --silent --wait --timeout 600 --log /tmp/restore.log start \
  --options "-c config_file=/etc/mooring/postgresql.conf -c listen_addresses='' $(printf '%q ' "${settings[@]}")" \
  || { tail -n 5 /tmp/restore.log >&2; exit 1; }
sql() { psql --quiet --no-psqlrc -At -v ON_ERROR_STOP=1 "$@"; }
until [ "$(sql --dbname postgres -c 'SELECT pg_is_in_recovery()')" = f ]; do sleep 0.2; done

echo "replayed to $(sql --dbname postgres -c 'SELECT coalesce(pg_last_xact_replay_timestamp()::text, $$the end of the backup$$)')" >&2
# Whoever was connected to the old one streams from another history: its slot is of no use here.
sql --dbname postgres -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots" >/dev/null
pg_amcheck --all --install-missing --no-strict-names --jobs 1 >&2 || { echo "the restored indexes or tables are damaged" >&2; exit 1; }
pg_ctl --silent --wait --mode fast stop
