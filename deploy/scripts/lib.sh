# What the operating scripts share; sourced, with the repository as the working directory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

services=(assessment treatment engagement portal)
databases=("${services[@]}")
settings=.env

say() { printf '  … %s\n' "$*" >&2; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

setting() { # setting NAME DEFAULT: from the settings file, which Compose reads too
  local found
  found=$(sed -n "s/^$1=//p" "$settings" 2>/dev/null | tail -n 1)
  printf '%s' "${found:-$2}"
}

mail_goes_nowhere() { # in a live installation: whether all that is sent ends in the catcher
  [ "$(setting MOORING_DEMO false)" != true ] || return 1
  case "$(setting MOORING_SMTP_HOST mail)" in mail) ;; *) return 1 ;; esac
}
nobody_is_told='messages and alarms go to the mail catcher: they count as sent, and NOBODY is told'
how_to_tell='give it your mail server and a way out: deploy/RUNBOOK.md, "Mail"'

require_docker() {
  command -v docker >/dev/null || fail "docker is missing: install Docker with its Compose plugin"
  docker info >/dev/null 2>&1 || fail "no Docker engine answers: start it, or add your account to the group docker"
  case "$(docker compose version --short 2>/dev/null)" in
    v2.* | 2.* | v[3-9]* | [3-9]*) ;;
    *) fail "Compose v2 is missing: install the package docker-compose-plugin (the old docker-compose will not do)" ;;
  esac
}

project() { # its name: what containers and volumes of this installation carry
  docker compose config --format json | sed -n 's/^  "name": "\(.*\)",\{0,1\}$/\1/p'
}

signed_by() { # signed_by AUTHORITY CERTIFICATE: in time or not, and whatever else this host trusts
  openssl verify -no_check_time -no-CApath -no-CAstore -CAfile "$1" "$2" >/dev/null 2>&1
}

oldest_broker() { # the version below which no service connects, from where they have it
  sed -n 's/^OLDEST_SERVER = (\([0-9]*\), \([0-9]*\))$/\1.\2/p' shared/runtime/bus/connection.py
}

psql_in() { # psql_in DATABASE: SQL from standard input, as the administrator inside the container
  docker compose exec -T postgres psql --quiet --no-psqlrc -At -v ON_ERROR_STOP=1 --dbname "$1"
}
