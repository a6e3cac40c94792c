# What each secret is known to, and what to do where it is missing; sourced after lib.sh.
# Data open with the value they were made with, so nothing that they know is ever drawn anew unasked.
runbook='deploy/RUNBOOK.md, "A secret is missing"'

secret_names() { # what the containers are given, and the authority's key, which stays here
  docker compose config | sed -n 's/^ *file: .*\/deploy\/secrets\/\(.*\)$/\1/p' && echo ca.key
}

is_there() { # is_there SECRET: an empty file is none, but where nobody asks for a password
  case "$1" in smtp_password | oidc_client_secret) [ -e "deploy/secrets/$1" ] && return ;; esac
  [ -s "deploy/secrets/$1" ]
}

has_volume() { [ -n "$(docker volume ls --quiet --filter "name=^$(project)_$1\$")" ]; }

has_sealed() { # whether there may be backups under these keys; a release before sealing has the volume too
  has_volume backups && ! docker compose exec -T backup sh -c '[ ! -e /var/lib/postgresql/data/sealed ]' 2>/dev/null
}

is_known() { # is_known SECRET: whether something here knows its value, so that another would not do
  case "$1" in
    db_*) has_volume postgres ;;
    demo_password) [ "$(setting MOORING_DEMO false)" = true ] && has_volume postgres ;;
    grafana_admin) has_volume grafana ;;
    backup_signing.pub) ! is_there backup_signing.key && has_sealed ;; # it is made from the other one
    backup_*) has_sealed ;;
    ca.crt) [ -n "$(find deploy/secrets -name '*.crt' -size +0 ! -name nginx.crt 2>/dev/null)" ] ;; # that one may be somebody's own
    nats_*) # brokers learn theirs at each start; those of an older release know fewer
      docker compose exec -T nats-1 grep -q "\"${1#nats_}\"" /var/lib/mooring/nats-server.conf 2>/dev/null ;;
    *) return 1 ;;
  esac
}

remedy() { # remedy SECRET: one line for whoever misses it
  local vault='bring it back from the vault' draw='deploy/scripts/secrets.sh'
  local pair="rm -f deploy/secrets/${1%.*}.crt && $draw && docker compose restart"
  case "$1" in
    backup_signing.pub) ! is_there backup_signing.key || { echo "rm -f deploy/secrets/$1 && $draw makes it from backup_signing.key"; return; } ;;
  esac
  case "$1" in
    backup_*) echo "$vault: a new one opens or proves no backup there is; lost for good: $runbook" ;;
    ca.*) echo "$vault: a new authority has not signed the certificates there are; lost for good: $runbook" ;;
    db_*) echo "$vault, or make rotate-secrets: the database knows the old one; while it is down: $runbook" ;;
    nats_*) if is_known "$1"; then echo "make rotate-secrets: the brokers know the old one"; else echo "$draw"; fi ;;
    demo_password)
      if [ "$(setting MOORING_DEMO false)" = true ]; then echo "$vault: the demo's accounts know the old one (the page to sign in shows it)"
      else echo "rm -f deploy/secrets/$1 && $draw"; fi ;;
    grafana_admin) echo "$vault: Grafana knows the old one; lost for good: $runbook" ;;
    nginx.*) echo "of your own: put it back with its other half; else: $pair" ;;
    *.crt | *.key) echo "$pair" ;;
    smtp_password | oidc_client_secret) echo "type it in: deploy/RUNBOOK.md, \"Mail\" or \"Identity provider\"; where none is asked for: $draw" ;;
    *) echo "rm -f deploy/secrets/$1 && $draw" ;;
  esac
}

require_own_secrets() { # what is here opens with the secrets it was made with, and with no others
  local name names lost=()
  names=$(secret_names) || fail "docker compose config does not read the settings"
  for name in $names; do
    is_there "$name" || ! is_known "$name" || lost+=("$name")
  done
  [ ${#lost[@]} -gt 0 ] || return 0
  printf 'an earlier installation is here without secrets that it knows:\n' >&2
  for name in "${lost[@]}"; do printf '  %s: %s\n' "$name" "$(remedy "$name")" >&2; done
  fail "none was drawn. To end the installation for good, with everything in it: docker compose down --volumes, then remove deploy/secrets"
}
