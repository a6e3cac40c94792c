#!/bin/bash
# What a restore needs: the log as it is written, a base backup each night, a dump each week.
#   backup.sh run            stream the log and back up whenever the newest is too old
#   backup.sh base | dump    one of them now
set -euo pipefail

root=/var/lib/postgresql/data
keep_days=35
PGPASSWORD=$(cat /run/secrets/db_backup)
export PGPASSWORD PGHOST=postgres PGUSER=backup PGSSLMODE=verify-full PGSSLROOTCERT=/run/secrets/ca.crt
umask 077
mkdir -p "$root/wal" "$root/base" "$root/dump"

stamp() { date -u +%Y%m%dT%H%M%SZ; }

note() { # note KIND NAME: the watcher reads it
  psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 -v kind="$1" -v name="$2" --dbname postgres \
    <<<"INSERT INTO backup (kind, name) VALUES (:'kind', :'name')"
}

base() {
  local name
  name=$(stamp)
  rm -rf "$root"/base/*.new
  pg_basebackup --pgdata "$root/base/$name.new" --wal-method=stream --checkpoint=fast \
    --manifest-checksums=SHA256 --no-password
  pg_verifybackup --quiet "$root/base/$name.new"
  mv "$root/base/$name.new" "$root/base/$name"
  note base "$name"
  prune
  echo "base backup $name"
}

dump() {
  local name database
  name=$(stamp)
  rm -rf "$root"/dump/*.new
  mkdir "$root/dump/$name.new"
  for database in assessment treatment engagement portal; do
    pg_dump --format=custom --no-password --file "$root/dump/$name.new/$database" "$database"
  done
  mv "$root/dump/$name.new" "$root/dump/$name"
  note dump "$name"
  echo "dump $name"
}

prune() { # what is too old, and the log that only it needed
  find "$root/base" "$root/dump" -mindepth 1 -maxdepth 1 -mtime "+$keep_days" -exec rm -rf {} +
  local oldest
  oldest=$(find "$root/base" -mindepth 1 -maxdepth 1 | sort | head -n 1)
  pg_archivecleanup "$root/wal" \
    "$(sed -n 's/^START WAL LOCATION: .* (file \(.*\))$/\1/p' "$oldest/backup_label")"
}

is_due() { # is_due KIND MINUTES: none younger than that
  [ -z "$(find "$root/$1" -mindepth 1 -maxdepth 1 ! -name '*.new' -mmin "-$2")" ]
}

run() {
  pg_receivewal --slot archive --create-slot --if-not-exists
  pg_receivewal --directory "$root/wal" --slot archive --synchronous --no-password &
  local receiver=$!
  trap 'kill "$receiver"; wait "$receiver"; exit 0' TERM INT
  while kill -0 "$receiver" 2>/dev/null; do
    # Of their own processes: what is called before || would run on after an error.
    if is_due base 1440; then "$0" base || echo "the base backup failed" >&2; fi
    if is_due dump 10080; then "$0" dump || echo "the dump failed" >&2; fi
    sleep 60 &
    wait $! || true
  done
  echo "the log is no longer received" >&2
  exit 1
}

"$@"
