# Sealed files, for who makes backups and who reads them; sourced by both. One is a line with a
# signature, and then what was sealed: compressed, and encrypted with a key and a start of its own
# (AES-256-CTR, of the installation's key and a salt). The signature is of the file's name and of the
# digest of what is encrypted, so that no file can be changed, nor put in another's place. All of it
# streams: `openssl cms` would hold a whole file in memory to read it, and cannot from 2 GiB on.

secrets=/run/secrets
command -v openssl >/dev/null || { echo "openssl is missing in this image: PostgreSQL's Debian images have it (POSTGRES_IMAGE)" >&2; exit 1; }

seal() { # seal NAME COMMAND...: what the command prints becomes the file of that name; all of it or nothing
  local name=$1 body=$work/sealing.$BASHPID new=$root/$1.$BASHPID.new
  shift
  "$@" </dev/null | gzip -1 -c | # half the work of the default, and the log is a twentieth larger for it
    openssl enc -aes-256-ctr -pbkdf2 -salt -pass "file:$secrets/backup_key" -out "$body" &&
    { signature "$name" "$body" && cat "$body"; } >"$new" && sync "$new" && mv "$new" "$root/$name" && rm "$body" && return
  rm -f "$body" "$new"
  return 1
}

stated() { printf '%s %s\n' "$1" "$(sha256sum | cut -d ' ' -f 1)"; } # stated NAME: of what comes in

signature() { # signature NAME FILE: the first line
  stated "$1" <"$2" | openssl dgst -sha256 -sign "$secrets/backup_signing.key" | base64 -w 0 && echo
}

intact() { # intact NAME: whether it is what was sealed under this name, here and by us
  tail -n +2 "$root/$1" | stated "$1" |
    openssl dgst -sha256 -verify "$secrets/backup_signing.pub" -signature <(head -n 1 "$root/$1" | base64 -d 2>/dev/null) >/dev/null 2>&1
}

require_intact() {
  intact "$1" || {
    echo "refused: $1 was changed since it was sealed, or sealed with other keys than those of deploy/secrets" >&2
    return 1
  }
}

opened() { # opened NAME: what was sealed; only of what is intact
  tail -n +2 "$root/$1" | openssl enc -d -aes-256-ctr -pbkdf2 -pass "file:$secrets/backup_key" | gzip -dc
}

number() { echo $((16#${1:8:8} * 256 + 16#${1:16:8})); } # number SEGMENT: its place in the log, whatever its timeline

numbered() { printf '%08X%08X' $(($1 / 256)) $(($1 % 256)); } # numbered NUMBER: a segment's name without its timeline
