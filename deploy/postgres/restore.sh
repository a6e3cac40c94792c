#!/bin/bash
# Inside a new database container with the backups at /backups: see that nobody changed what is needed,
# that none of the log is missing and that its end was not cut off; lay down a base backup, replay the
# log to its end or to a time, and leave a stopped server that is ready to be started.
#   restore.sh NAME|latest [TIME]   with, in the environment,
#     ENDED=TIME     when the installation stopped, if it is not running; or "unknown"
#     HOLE=1         what comes before a hole in the log
#   restore.sh fetch FILE TO        a file of the log, for the server that replays it
set -euo pipefail
source "$(dirname "$0")/sealing.sh"

root=/backups/sealed
# What the running installation had not sealed yet, where it is on this host.
incoming=/incoming/log
may_be_lost_s=300

newest_end() { # wal/SEGMENT.SECOND.end, of those that there are; nothing where there is none
  find "$root/wal" -name '*.end' -printf 'wal/%f\n' 2>/dev/null | sort -t . -k 2n | tail -n 1
}

# Any status above 125 ends a recovery, and any other says that the log ends here.
fetch() {
  local file
  if [ -e "$root/wal/$1" ]; then file=wal/$1
  elif [ -e "$incoming/$1" ]; then exec cp "$incoming/$1" "$2"
  elif [ -e "$incoming/$1.partial" ]; then exec cp "$incoming/$1.partial" "$2"
  else
    file=$(newest_end)
    [[ "$file" == "wal/$1."* ]] || exit 1
  fi
  { require_intact "$file" && opened "$file" >"$2"; } || exit 255
  [ -s "$2" ] || { rm "$2"; exit 1; } # an end with nothing in it
}

require_end() { # require_end TIME: the log goes on to there, less what may be lost
  local end at
  at=$(date -d "$1" +%s 2>/dev/null) || { echo "refused: '$1' is no time, such as '2026-11-23 02:20:00+00'" >&2; exit 1; }
  end=$(newest_end)
  [ -n "$end" ] || { echo "refused: nothing says how far the log goes, so its end may be cut off (ENDED=unknown restores what there is)" >&2; exit 1; }
  require_intact "$end" || exit 1
  end=${end#*.}
  end=${end%.end}
  [ "$end" -ge $((at - may_be_lost_s)) ] || {
    echo "refused: the log ends at $(date -ud "@$end" '+%F %T+00'), and was to go on until $(date -ud "@$at" '+%F %T+00'): its end may be cut off" >&2
    echo "(if the installation stopped at another time, ENDED='that time')" >&2
    exit 1
  }
}

require_whole() { # require_whole SEGMENT: the log from there on, unchanged and without a hole
  local first last name at end
  local -A there=()
  first=$(number "$1")
  last=$((first - 1)) # none at all: a base backup has the log of its own making
  end=$(newest_end)
  while read -r name; do
    at=$(number "$name")
    [ "$at" -ge "$first" ] || continue
    there[$at]=1
    [ "$at" -le "$last" ] || last=$at
    [ ! -e "$root/wal/$name" ] || require_intact "wal/$name" || exit 1
  done < <(
    [ -z "$end" ] || echo "${end#wal/}"
    ls "$root/wal" "$incoming" 2>/dev/null | grep -E '^[0-9A-F]{24}(\.partial)?$'
  )
  for ((at = first; at <= last; at++)); do
    [ -z "${there[$at]:-}" ] || continue
    name=$(numbered "$at")
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
[ "${ENDED:-}" = unknown ] || require_end "${2:-${ENDED:-now}}"
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
