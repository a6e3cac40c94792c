#!/bin/bash
# What a restore needs: the log as it is written, a base backup each night, a dump each week, each
# file sealed (sealing.sh). What is not finished is in a room of its own, in the clear like the
# database it comes from; nothing else is there.
#   backup.sh run            stream the log, seal it, and back up whenever the newest is too old
#   backup.sh base | dump    one of them now
#   backup.sh archive        seal the log that there is
#   backup.sh list           what there is
#   backup.sh open NAME      the contents of one of them, if nobody changed it
#   backup.sh adopt          seal what an earlier release left in the clear
set -euo pipefail
source "$(dirname "$0")/sealing.sh"

data=/var/lib/postgresql/data
root=$data/sealed
work=/var/run/postgresql
keep_days=35
PGPASSWORD=$(cat "$secrets/db_backup")
export PGPASSWORD PGHOST=postgres PGUSER=backup PGSSLMODE=verify-full PGSSLROOTCERT=$secrets/ca.crt
umask 077
mkdir -p "$root/wal" "$root/base" "$root/dump" "$work/log"

stamp() { date -u +%Y%m%dT%H%M%SZ; }

note() { # note KIND NAME: the watcher reads it
  psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 -v kind="$1" -v name="$2" --dbname postgres \
    <<<"INSERT INTO backup (kind, name) VALUES (:'kind', :'name')"
}

room() { # a folder for one thing that is being made, gone with the process
  made=$(mktemp -d "$work/making.XXXXXX")
  trap 'rm -rf "$made"' EXIT
}

begins() { # begins FOLDER: the segment of the log that a base backup needs first
  sed -n 's/^START WAL LOCATION: .* (file \(.*\))$/\1/p' "$1/backup_label"
}

base() { # its name ends with the segment it needs first, so that the signature covers that too
  local name
  room
  pg_basebackup --pgdata "$made/base" --wal-method=stream --checkpoint=fast \
    --manifest-checksums=SHA256 --no-password
  pg_verifybackup --quiet "$made/base"
  name=$(stamp)-$(begins "$made/base")
  seal "base/$name" tar -C "$made/base" -c .
  note base "$name"
  prune
  echo "base backup $name"
}

dump() {
  local name database
  room
  for database in assessment treatment engagement portal; do
    pg_dump --format=custom --no-password --file "$made/$database" "$database"
  done
  name=$(stamp)
  seal "dump/$name" tar -C "$made" -c .
  note dump "$name"
  echo "dump $name"
}

archive() { # what is finished, and how far the log goes by now
  local path name writing
  writing=$(find "$work/log" -name '*.partial' -printf '%f\n' | sort | tail -n 1)
  for path in "$work"/log/*; do
    name=${path##*/}
    case "$name" in
      '*' | *.partial) ;;
      *)
        seal "wal/$name" cat "$path" || [ ! -e "$path" ]
        rm -f "$path" ;;
    esac
  done
  end "${writing%.partial}"
}

end() { # end SEGMENT: what there is of the one that is being written, if one is, and when that was;
  # the signature covers both, so that an older end is not taken for the newest
  local segment=$1 path=/dev/null name
  if [ -n "$segment" ]; then path=$work/log/$segment.partial
  else
    segment=$(find "$root/wal" -printf '%f\n' | grep -E '^[0-9A-F]{24}$' | sort | tail -n 1) || return 0
    segment=${segment:0:8}$(numbered $(($(number "$segment") + 1)))
  fi
  name=$segment.$(date +%s).end
  # Finished meanwhile, it has another name and its turn in a minute.
  seal "wal/$name" cat "$path" || { [ ! -e "$path" ] && return; }
  find "$root/wal" \( -name '*.end' ! -name "$name" -o -name '*.partial' \) -delete # the latter of an earlier release
}

prune() { # what is too old, and the log that only it needed
  find "$root/base" "$root/dump" -mindepth 1 -maxdepth 1 -mtime "+$keep_days" -delete
  find "$data" -mindepth 2 -maxdepth 2 ! -path "$root/*" -mtime "+$keep_days" -exec rm -rf {} +
  local oldest
  oldest=$(list | grep '^base/' | head -n 1)
  pg_archivecleanup "$root/wal" "${oldest#*-}"
}

list() {
  find "$root/base" "$root/dump" -mindepth 1 -maxdepth 1 ! -name '*.new' | sed "s|^$root/||" | sort
}

open() { require_intact "$1" && opened "$1"; }

adopt() { # by hand alone: nobody vouches for what was in the clear but whoever types this
  local path name
  rm -f "$data"/wal/*.partial # of which the receiver brings the whole
  for path in "$data"/wal/*; do
    [ ! -e "$path" ] || { seal "wal/${path##*/}" cat "$path" && rm "$path"; }
  done
  for path in "$data"/base/*; do
    [ -e "$path/backup_label" ] || continue
    pg_verifybackup --quiet --no-parse-wal "$path"
    name=${path##*/}-$(begins "$path")
    seal "base/$name" tar -C "$path" -c .
    touch --reference "$path" "$root/base/$name"
    rm -rf "$path"
  done
  for path in "$data"/dump/*; do
    [ -e "$path" ] || continue
    seal "dump/${path##*/}" tar -C "$path" -c .
    touch --reference "$path" "$root/dump/${path##*/}"
    rm -rf "$path"
  done
}

is_due() { # is_due KIND MINUTES: none younger than that
  [ -z "$(find "$root/$1" -mindepth 1 -maxdepth 1 ! -name '*.new' -mmin "-$2")" ]
}

each_minute() { # each_minute COMMAND...: of its own process: what is called before || would run on after an error
  while true; do
    "$@" || echo "failed: ${*##*/}" >&2
    sleep 60 &
    wait $! || true
  done
}

whatever_is_due() {
  if is_due base 1440; then "$0" base || echo "the base backup failed" >&2; fi
  if is_due dump 10080; then "$0" dump || echo "the dump failed" >&2; fi
}

run() {
  rm -rf "$work"/making.* "$work"/sealing.*
  find "$root" -name '*.new' -delete
  [ -z "$(find "$data" -mindepth 2 -maxdepth 2 ! -path "$root/*" -print -quit)" ] ||
    echo "backups of an earlier release are here in the clear, and no restore takes them: RUNBOOK, Backup and restore" >&2
  pg_receivewal --slot archive --create-slot --if-not-exists
  pg_receivewal --directory "$work/log" --slot archive --synchronous --no-password &
  local receiver=$!
  each_minute "$0" archive &
  local sealer=$!
  each_minute whatever_is_due &
  local others="$sealer $!"
  trap 'kill "$receiver" $others; wait "$receiver"; exit 0' TERM INT
  wait "$receiver" || true
  kill $others
  echo "the log is no longer received" >&2
  exit 1
}

"$@"
