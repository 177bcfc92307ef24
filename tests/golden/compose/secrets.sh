#!/bin/sh
# Writes the files of secrets that are not there yet; says which a person must write.
# Safe to repeat: what is there stays. For another value, remove the file and run this again.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
chmod 0700 secrets # nobody else gets through to the files; containers are handed single ones
missing=0

keep() { # keep NAME: from standard input
    cat >"secrets/.new"
    chmod 0444 "secrets/.new" # a container runs as another user than you
    mv "secrets/.new" "secrets/$1"
}
letters() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom 2>/dev/null | head -c "$1"; }
bytes() { head -c "$1" /dev/urandom; }
wanted() { [ ! -s "secrets/$1" ]; }
given() { # given NAME LEAST: only a person has it
    [ -t 0 ] || { echo "write it yourself: secrets/$1" >&2; missing=1; return; }
    printf '%s: ' "$1" >&2
    stty -echo
    IFS= read -r value || value=
    stty echo
    echo >&2
    [ "${#value}" -ge "$2" ] || { echo "$1: at least $2 characters" >&2; missing=1; return; }
    printf %s "$value" | keep "$1"
}
certificate() { # certificate HOST: signed by itself, for 90 days, until yours is put in its place
    made=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
        -subj "/CN=$1" -addext "subjectAltName=DNS:$1,DNS:localhost,IP:127.0.0.1" \
        -keyout /dev/stdout 2>/dev/null)
    printf '%s\n' "$made" | keep "certificate-$1"
}

! wanted JWT_SECRET || { printf k1:; letters 48; } | keep JWT_SECRET
! wanted PARTNER_KEY || given PARTNER_KEY 20
! wanted cache.password || { letters 32; } | keep cache.password
! wanted db.app-password || { letters 32; } | keep db.app-password
! wanted db.password || { letters 32; } | keep db.password
! wanted certificate-harbour.example.com || certificate harbour.example.com

[ "$missing" = 0 ]
