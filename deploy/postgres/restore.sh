#!/bin/bash
# Inside a new database container with the backups at /backups: lay down a base backup, replay the
# log to its end or to a time, and leave a stopped server that is ready to be started.
#   restore.sh NAME|latest [TIME]
set -euo pipefail

[ -z "$(ls -A "$PGDATA")" ] || { echo "the target already holds a database" >&2; exit 1; }
name=${1:?which backup}
[ "$name" != latest ] || name=$(find /backups/base -mindepth 1 -maxdepth 1 ! -name '*.new' -printf '%f\n' | sort | tail -n 1)
[ -d "/backups/base/$name" ] || { echo "there is no base backup '$name'" >&2; exit 1; }

echo "base backup $name" >&2
cp -a "/backups/base/$name/." "$PGDATA"
chmod 700 "$PGDATA"
touch "$PGDATA/recovery.signal"

# The segment that was being written is there as .partial; it holds the last seconds.
fetch='f=/backups/wal/%f; if [ -e $f ]; then cp $f %p; else cp $f.partial %p; fi'
settings=(-c "restore_command=$fetch" -c recovery_target_timeline=latest -c recovery_target_action=promote)
[ -z "${2:-}" ] || settings+=(-c "recovery_target_time=$2")

install -m 0600 /run/secrets/server.key /var/run/postgresql/server.key
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
