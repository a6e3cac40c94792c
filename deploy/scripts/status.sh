#!/usr/bin/env bash
# One line per container, with its release and, for a service, its schema. Exit 1 when one is not well.
source "$(dirname "$0")/lib.sh"
require_docker

schema() {
  case " ${services[*]} " in
    *" $1 "*) psql_in "$1" <<<"SELECT version_num FROM schema_version" 2>/dev/null || echo "?" ;;
    *) echo "-" ;;
  esac
}

found=$(docker compose ps --format '{{.Service}} {{.Image}} {{.State}} {{if .Health}}{{.Health}}{{else}}-{{end}}' | sort)
[ -n "$found" ] || fail "nothing is running: make up"
well=0
printf '%-13s %-28s %-10s %s\n' service image schema state
while read -r service image state health; do
  printf '%-13s %-28s %-10s %s\n' "$service" "$image" "$(schema "$service" </dev/null)" "$state${health:+, $health}"
  case "$state $health" in "running healthy" | "running -") ;; *) well=1 ;; esac
done <<<"$found"
exit "$well"
