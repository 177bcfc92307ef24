"""Secret files: the command that writes the files of secrets, by the rules of the stack file."""

from collections.abc import Iterator, Sequence

from seaway.ports.component import SecretNeed
from seaway.targets.docker.rendering.ingress import certificate_of

HEAD = """\
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
"""
TAIL = """
[ "$missing" = 0 ]
"""
ASK = """\
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
"""
PAIR = """\
pair() { # pair PRIVATE PUBLIC BITS
    key=$(openssl genrsa "$3" 2>/dev/null)
    der() { printf '%s\\n' "$key" | openssl "$@" -outform DER 2>/dev/null | base64 | tr -d '\\n'; }
    der pkcs8 -topk8 -nocrypt | keep "$1"
    der rsa -pubout | keep "$2"
}
"""
SEALED = """\
certificate() { # certificate HOST: signed by itself, for 90 days, until yours is put in its place
    made=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \\
        -subj "/CN=$1" -addext "subjectAltName=DNS:$1,DNS:localhost,IP:127.0.0.1" \\
        -keyout /dev/stdout 2>/dev/null)
    printf '%s\\n' "$made" | keep "certificate-$1"
}
"""


def secret_script(needs: Sequence[SecretNeed], hosts: Sequence[str]) -> str:
    """A shell script; `hosts` are served by TLS."""
    needs = sorted(needs, key=lambda each: each.name)
    parts = [HEAD]
    if any(not each.generate for each in needs):
        parts.append(ASK)
    if any(each.form == "rsa" for each in needs):
        parts.append(PAIR)
    if hosts:
        parts.append(SEALED)
    return "".join((*parts, "\n", *_lines(needs, hosts), TAIL))


def _lines(needs: Sequence[SecretNeed], hosts: Sequence[str]) -> Iterator[str]:
    halves = {each.public for each in needs if each.public}
    for need in needs:
        if need.name not in halves:
            yield f"! wanted {need.name} || {_made(need)}\n"
    for host in hosts:
        yield f"! wanted {certificate_of(host)} || certificate {host}\n"


def _made(need: SecretNeed) -> str:
    if need.form == "rsa":
        return f"pair {need.name} {need.public} {need.generate}"
    if not need.generate:
        return f"given {need.name} {max(need.min_length, 1)}"
    value = {
        "base64": f"bytes {need.generate} | base64 | tr -d '\\n'",
        "hex": f"bytes {need.generate} | od -An -v -tx1 | tr -d ' \\n'",
    }.get(need.form, f"letters {need.generate}")
    ring = "printf k1:; " if need.keep else ""
    return f"{{ {ring}{value}; }} | keep {need.name}"
