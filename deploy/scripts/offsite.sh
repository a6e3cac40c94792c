#!/usr/bin/env bash
# The sealed backups away from this host, as they are: useless without deploy/secrets/backup_key, which
# belongs into a vault elsewhere (RUNBOOK).
#   make offsite TO=/mnt/vault           copy what is not there yet; run it every five minutes
#   make offsite-fetch FROM=/mnt/vault   bring them into the volume of a new installation
source "$(dirname "$0")/lib.sh"

root=/var/lib/postgresql/data/sealed
keep_days=35
inside() { docker compose exec -T backup "$@" </dev/null; }

copy() {
  local to=${TO:?TO=the folder to copy to, on another disk or mounted from elsewhere} kind name count=0
  [ -w "$to" ] || fail "$to is not a folder that can be written to"
  require_docker
  for kind in base dump wal; do
    mkdir -p "$to/$kind"
    while read -r name; do
      case "$name" in "" | *.new) continue ;; esac
      [ ! -e "$to/$kind/$name" ] || continue
      if inside cat "$root/$kind/$name" >"$to/.new" 2>/dev/null; then
        mv "$to/.new" "$to/$kind/$name"
        count=$((count + 1))
      else # the log has gone on meanwhile and has a newer end: the next run copies it
        rm -f "$to/.new"
        case "$name" in *.end) ;; *) fail "$kind/$name could not be copied" ;; esac
      fi
    done < <(inside ls "$root/$kind")
    find "$to/$kind" -type f -mtime "+$keep_days" -delete
  done
  find "$to/wal" -name '*.end' -printf '%f\n' | sort -t . -k 2n | head -n -1 | while read -r name; do rm -f "$to/wal/$name"; done
  find "$to" -maxdepth 1 -name '*.cms' -mtime "+$keep_days" -delete # as an earlier release wrote them
  say "$count files copied to $to"
}

fetch() {
  local from=${FROM:?FROM=the folder the copies are in} volume
  require_docker
  [ -s deploy/secrets/backup_key ] || fail "deploy/secrets is not here: bring it back from the vault first"
  [ -d "$from/base" ] || fail "there are no sealed backups in $from"
  volume=$(project)_backups
  ! docker volume inspect "$volume" >/dev/null 2>&1 || fail "the volume $volume is there already: this is for a new installation"
  docker volume create --label "com.docker.compose.project=$(project)" --label com.docker.compose.volume=backups "$volume" >/dev/null
  tar -C "$from" -c base dump wal |
    docker run --rm -i --user postgres -v "$volume:${root%/*}" --entrypoint sh "$(setting POSTGRES_IMAGE postgres:17)" \
      -c "umask 077; mkdir $root && tar -C $root --no-same-permissions -x"
  say "the backups are in $volume: make restore FROM=latest INTO=another-name"
}

"${1:-copy}"
