#!/bin/bash
# After the migrations: the audit trail and the signatures only grow, and the watcher reads the
# runtime's rows only.
set -euo pipefail

PGPASSWORD=$(cat /run/secrets/db_postgres)
export PGPASSWORD PGHOST=postgres PGUSER=postgres PGSSLMODE=verify-full PGSSLROOTCERT=/run/secrets/ca.crt

for service in assessment treatment engagement portal; do
  psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname "$service" -v service="$service" <<'SQL'
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM :"service";
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON schema_version, schema_floor FROM :"service";
GRANT SELECT (created_at, published_at) ON outbox TO watcher;
GRANT SELECT (status) ON parked TO watcher;
GRANT SELECT ON clock, heartbeat TO watcher;
SQL
done
for service in assessment treatment engagement; do
  psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname "$service" \
    -c "REVOKE UPDATE, DELETE, TRUNCATE ON signature FROM $service"
done
grant() { psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname "$1" -c "GRANT SELECT $2 TO watcher"; }
grant engagement "(state, is_open, due_at, subject_kind, subject_id) ON reminder"
grant engagement "(state, purpose, reason, about, made_at, ended_at) ON notice"
grant assessment "(flag_id, status, raised_at) ON safety_flag"
