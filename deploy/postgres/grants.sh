#!/bin/bash
# After the migrations: the audit trail only grows, and the watcher reads the runtime's rows only.
set -euo pipefail

PGPASSWORD=$(cat /run/secrets/db_postgres)
export PGPASSWORD PGHOST=postgres PGUSER=postgres PGSSLMODE=verify-full PGSSLROOTCERT=/run/secrets/ca.crt

for service in assessment treatment engagement portal; do
  psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --dbname "$service" -v service="$service" <<'SQL'
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM :"service";
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON schema_version FROM :"service";
GRANT SELECT (seq, created_at, published_at, attempts) ON outbox TO watcher;
GRANT SELECT (id, reason, parked_at, status) ON parked TO watcher;
GRANT SELECT ON heartbeat TO watcher;
SQL
done
