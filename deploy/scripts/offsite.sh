#!/usr/bin/env bash
# Backups away from this host, each file encrypted for a key that is not on it:
#   make offsite TO=/mnt/vault                     copy what is not there yet; run it every five minutes
#   make offsite-fetch FROM=/mnt/vault KEY=vault.key   bring them into the volume of a new installation
# The certificate is deploy/backup.crt (or MOORING_BACKUP_CERT in .env). Made elsewhere, with the key kept there:
#   openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj /CN=vault -keyout vault.key -out backup.crt
source "$(dirname "$0")/lib.sh"

root=/var/lib/postgresql/data
keep_days=35
inside() { docker compose exec -T backup "$@"; }

put() { # put FILE COMMAND...: what the command prints, compressed and encrypted; all of it or nothing
  local name=$1
  shift
  if "$@" </dev/null | gzip -c | openssl cms -encrypt -binary -stream -aes-256-gcm -outform DER -out "$to/.new" "$cert"; then
    mv "$to/.new" "$to/$name"
    count=$((count + 1))
  else
    rm -f "$to/.new"
    return 1
  fi
}

copy() {
  to=${TO:?TO=the folder to copy to, on another disk or mounted from elsewhere}
  cert=$(setting MOORING_BACKUP_CERT deploy/backup.crt)
  [ -s "$cert" ] || fail "$cert is missing: make a key elsewhere, as the head of $0 says, and put its certificate here"
  [ -w "$to" ] || fail "$to is not a folder that can be written to"
  require_docker
  local kind name count=0
  for kind in base dump; do
    while read -r name; do
      case "$name" in "" | *.new) continue ;; esac
      [ -e "$to/$kind-$name.tar.cms" ] && continue
      put "$kind-$name.tar.cms" inside tar -C "$root/$kind" -c "$name" || fail "$kind $name could not be copied"
    done < <(inside ls "$root/$kind" </dev/null)
  done
  find "$to" -maxdepth 1 -name 'wal-*.partial.cms' -delete
  while read -r name; do
    case "$name" in "" | *.new) continue ;; esac
    [ -e "$to/wal-$name.cms" ] && continue
    # One that was finished meanwhile has another name: the next run copies it.
    put "wal-$name.cms" inside cat "$root/wal/$name" 2>/dev/null || say "$name is not there any more"
  done < <(inside ls "$root/wal" </dev/null)
  find "$to" -maxdepth 1 -name '*.cms' -mtime "+$keep_days" -delete
  say "$count files copied to $to"
}

fetch() {
  local from=${FROM:?FROM=the folder the copies are in} key=${KEY:?KEY=the private key} cert volume file name
  cert=$(setting MOORING_BACKUP_CERT deploy/backup.crt)
  require_docker
  volume=$(project)_backups
  ! docker volume inspect "$volume" >/dev/null 2>&1 || fail "the volume $volume is there already: this is for a new installation"
  docker volume create --label "com.docker.compose.project=$(project)" --label com.docker.compose.volume=backups "$volume" >/dev/null
  within() { docker run --rm -i --user postgres -v "$volume:$root" --entrypoint sh "$(setting POSTGRES_IMAGE postgres:17)" -c "$1"; }
  within "mkdir -p $root/base $root/dump $root/wal" </dev/null
  for file in "$from"/*.cms; do
    name=${file##*/}
    name=${name%.cms}
    case "$name" in
      base-*.tar) open_ "$file" | within "tar -C $root/base -x" ;;
      dump-*.tar) open_ "$file" | within "tar -C $root/dump -x" ;;
      wal-*) open_ "$file" | within "cat >$root/wal/${name#wal-}" ;;
    esac
  done
  say "the backups are in $volume: make restore FROM=latest INTO=another-name"
}

open_() { openssl cms -decrypt -binary -inform DER -in "$1" -inkey "$key" -recip "$cert" | gzip -dc; }

"${1:-copy}"
