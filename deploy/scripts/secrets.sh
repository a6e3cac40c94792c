#!/usr/bin/env bash
# Draw what is secret, once: passwords, database addresses, an internal authority and its
# certificates. Whatever exists is kept. The folder is 0700; the files in it are readable, because a
# container's user is not their owner and each container is given only its own.
set -euo pipefail
cd "$(dirname "$0")/.."

services=(assessment treatment engagement portal)
days=825

case "$(openssl version 2>/dev/null)" in
  "OpenSSL 3"*) ;;
  *) echo "OpenSSL 3 is missing: install the package openssl" >&2; exit 1 ;;
esac
umask 077
mkdir -p secrets
cd secrets

keep() { # keep FILE: write what stdin says unless the file exists
  if [ -e "$1" ]; then cat >/dev/null; return; fi
  cat >".$1.new"
  chmod 0444 ".$1.new"
  mv ".$1.new" "$1"
}

refuse() { printf '%s: bring it back from the vault (RUNBOOK, "A secret is missing")\n' "$1" >&2; exit 1; }

# The leading letter keeps every reader from taking a password for a number.
draw() { [ -e "$1" ] || printf 'm%s' "$(openssl rand -hex 24)" | keep "$1"; }

authority() { # once: another has not signed what the first one signed (nginx.crt may be your own)
  [ -e ca.crt ] && return
  [ -z "$(find . -name '*.crt' ! -name nginx.crt)" ] || refuse "ca.crt is missing and certificates of it are here"
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key
  openssl req -x509 -new -key ca.key -days 3650 -subj "/CN=Mooring internal authority" -out ca.new \
    -addext "keyUsage=critical,keyCertSign,cRLSign"
  mv ca.new ca.crt
  chmod 0444 ca.crt
}

certificate() { # certificate NAME HOST...: for a server, and for a client where peers check each other
  local name=$1
  shift
  [ -e "$name.crt" ] && return
  [ -s ca.key ] || refuse "ca.key is missing, so nothing can sign $name.crt"
  local names
  names=$(printf 'DNS:%s,' "$@")
  rm -f "$name.key"
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key"
  openssl req -x509 -new -key "$name.key" -CA ca.crt -CAkey ca.key -days "$days" -subj "/CN=$name" \
    -out "$name.new" -addext "subjectAltName=${names%,}" \
    -addext "basicConstraints=critical,CA:false" -addext "extendedKeyUsage=serverAuth,clientAuth"
  mv "$name.new" "$name.crt"
  chmod 0444 "$name.key" "$name.crt"
}

backup_keys() { # what backups are sealed with; never drawn anew, because old ones stay sealed with them
  draw backup_key
  [ -e backup_signing.pub ] && return
  if [ ! -s backup_signing.key ]; then
    rm -f backup_signing.key
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out backup_signing.new
    keep backup_signing.key <backup_signing.new
    rm backup_signing.new
  fi
  openssl pkey -in backup_signing.key -pubout -out backup_signing.new
  keep backup_signing.pub <backup_signing.new
  rm backup_signing.new
}

database_url() { # database_url FILE ROLE DATABASE
  printf 'postgresql+asyncpg://%s:%s@postgres:5432/%s?ssl=verify-full' "$2" "$(cat "db_$2")" "$3" | keep "$1"  # pragma: allowlist secret
}

for role in postgres backup watcher; do draw "db_$role"; done
for user in provision observer "${services[@]}"; do draw "nats_$user"; done
draw nats_cluster
backup_keys
draw demo_password
draw grafana_admin
: | keep smtp_password # the operator's to fill, where the mail server asks for one
: | keep oidc_client_secret # and where an identity provider does

database_url url_watcher_server watcher postgres
authority
certificate postgres postgres localhost
certificate nats nats-1 nats-2 nats-3 localhost
for each in mail prometheus alertmanager grafana collector; do certificate "$each" "$each" localhost; done
certificate nginx "${MOORING_HOSTNAME:-localhost}" localhost nginx
printf 'server_name %s;\n' "$(printf '%s\n' "${MOORING_HOSTNAME:-localhost}" localhost nginx | sort -u | xargs)" | keep server_name.conf
for service in "${services[@]}"; do
  certificate "$service" "$service" localhost
  draw "db_$service"
  draw "db_${service}_owner"
  database_url "url_$service" "$service" "$service"
  database_url "url_${service}_owner" "${service}_owner" "$service"
  database_url "url_watcher_$service" watcher "$service"
done
