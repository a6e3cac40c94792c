#!/bin/bash
# At the first start: for each service a database, an owner that only migrations use, and the role it
# runs as, which may read and write rows but define nothing.
set -euo pipefail

password() { cat "/run/secrets/db_$1"; }
sql() { psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --username postgres "$@"; }

sql -v backup="$(password backup)" -v watcher="$(password watcher)" <<'SQL'
CREATE ROLE backup LOGIN REPLICATION PASSWORD :'backup';
GRANT pg_read_all_data TO backup;
CREATE ROLE watcher LOGIN PASSWORD :'watcher' CONNECTION LIMIT 8;
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO backup, watcher;
CREATE TABLE backup (at timestamptz NOT NULL DEFAULT now(), kind text NOT NULL, name text NOT NULL);
GRANT INSERT ON backup TO backup;
GRANT SELECT ON backup TO watcher;
SQL

for service in assessment treatment engagement portal; do
  owner=${service}_owner
  sql -v service="$service" -v owner="$owner" \
    -v password="$(password "$service")" -v owner_password="$(password "$owner")" <<'SQL'
CREATE ROLE :"owner" LOGIN PASSWORD :'owner_password' CONNECTION LIMIT 4;
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"owner";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"service", watcher, backup;
SQL
  sql --dbname "$service" -v service="$service" -v owner="$owner" <<'SQL'
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO :"owner";
GRANT USAGE ON SCHEMA public TO :"service", watcher;
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public
  GRANT USAGE ON SEQUENCES TO :"service";
SQL
done
