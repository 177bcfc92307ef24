"""Bare: a host with Debian or Ubuntu and nothing else, made ready for containers.

Everything is looked at first, and only what is missing is done: a second time changes nothing.
"""

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seaway.errors import StepFailed
from seaway.model.finding import Finding, Severity
from seaway.targets.docker.hosts.ssh import Connection

LITTLE, TOO_LITTLE = 10_000_000_000, 3_000_000_000
"""Bytes of free disk: images of Seaway's own take about one and a half GB, unpacked."""
CLOCK = 30.0
"""Seconds that clocks may differ: certificates and tokens go by them."""
KEPT = 15
"""Lines of what a failed step said."""
WHOLE = """out=$(mktemp); exec 9>/run/lock/seaway-host && flock -w 900 9
({}) </dev/null >"$out" 2>&1 9>&-
status=$?; tail -n {} "$out"; rm -f "$out"; exit $status"""
"""How a step is told to a shell: nothing of it is written where nobody may listen any more, and
whoever comes again while it still goes on waits for it (flock(1))."""
LOGS = '{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}'
"""For containers of others: Seaway's own say it themselves."""
SETTINGS = "/etc/docker/daemon.json"
LOOK = """
. /etc/os-release 2>/dev/null
echo "system=$PRETTY_NAME"
echo "machine=$(uname -m)"
echo "kernel=$(uname -r)"
echo "clock=$(date +%s)"
echo "free=$(df -Pk /var/lib | awk 'NR == 2 { print $4 }')"
command -v apt-get >/dev/null && echo apt=yes
command -v dockerd >/dev/null && echo docker=yes
[ -e /etc/docker/daemon.json ] && echo settings=yes
[ -d /run/systemd/system ] && echo systemd=yes
[ -S /var/run/docker.sock ] && [ -w /var/run/docker.sock ] && echo speaks=yes
grep -qx dockerd /proc/[0-9]*/comm 2>/dev/null && echo runs=yes
id -nG | tr ' ' '\\n' | grep -qx docker && echo member=yes
echo "user=$(id -un)"
if [ "$(id -u)" = 0 ]; then echo rights=root
elif sudo -n true 2>/dev/null; then echo rights=sudo
fi
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk '$4 == "0A" { split($2, at, ":"); print "listens=" at[2] }' | sort -u
"""
"""What it is asked, of any shell; `0A` is a socket that listens (proc(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What a host is like."""

    told: Mapping[str, str]
    listens: frozenset[int]
    late: float
    """Seconds that its clock is behind this one."""

    def has(self, what: str) -> bool:
        """Whether it said so."""
        return what in self.told


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do; its words are under its code."""

    code: str
    command: str


async def look(connection: Connection) -> Host:
    """What there is; nothing is changed.

    Raises:
        StepFailed: SW217, it did not answer as a shell does.
    """
    begun = time.time()
    said = await connection.run(LOOK, check=False)
    lines = [line.partition("=") for line in str(said.stdout or "").splitlines()]
    told = {name: value for name, _, value in lines if name != "listens"}
    listens = frozenset(int(value, 16) for name, _, value in lines if name == "listens")
    behind = (begun + time.time()) / 2 - float(told.get("clock") or 0)
    return Host(told=told, listens=listens, late=behind)


def findings(host: Host, machine: str) -> Iterator[Finding]:
    """What is wrong with it, for images made for `machine`."""
    told = host.told
    if not host.has("docker") and not host.has("apt"):
        yield Finding(code="SW223", facts={"system": told.get("system") or "?"})
    if not host.has("rights") and not host.has("speaks"):
        yield Finding(code="SW228")
    if told.get("machine") != machine:
        yield Finding(code="SW226", facts={"there": told.get("machine") or "?", "here": machine})
    free = int(told.get("free") or 0) * 1024
    if free < LITTLE:
        grave = Severity.ERROR if free < TOO_LITTLE else Severity.WARNING
        facts = {"free": f"{free / 1e9:.1f} GB"}
        yield Finding(code="SW225", severity=grave, facts=facts)
    if abs(host.late) > CLOCK:
        facts = {"seconds": f"{abs(host.late):.0f}"}
        yield Finding(code="SW224", severity=Severity.WARNING, facts=facts)


def taken(host: Host, wanted: Sequence[int]) -> Iterator[Finding]:
    """Ports that an ingress is to open, and that somebody listens on already."""
    for port in wanted:
        if port in host.listens:
            yield Finding(code="SW227", severity=Severity.WARNING, facts={"port": port})


def acts(host: Host) -> Iterator[Act]:
    """What is to be done, in this order. An engine that runs is never restarted."""
    if not host.has("docker"):
        if not host.has("settings"):
            write = f"mkdir -p /etc/docker && echo {shlex.quote(LOGS)} > {SETTINGS}"
            yield Act("host rotates", write)
        apt = "DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300"
        install = f"{apt} install -y --no-install-recommends docker.io"
        yield Act("host installs", f"{apt} update && {install}")
    if not host.has("runs"):
        start = "systemctl enable --now docker" if host.has("systemd") else "service docker start"
        yield Act("host starts", start)
    if host.told.get("rights") == "sudo" and not host.has("member"):
        yield Act("host admits", f"usermod -aG docker {shlex.quote(host.told.get('user', ''))}")


async def perform(act: Act, host: Host, connection: Connection) -> None:
    """Do one of them. One that was begun ends there, though the connection is cut meanwhile.

    Half an installation would be worse than either end.

    Raises:
        StepFailed: SW229, with the last lines of what was said.
    """
    line = WHOLE.format(act.command, KEPT)
    if host.told.get("rights") == "sudo":
        line = f"sudo -n sh -c {shlex.quote(line)}"
    said = await connection.run(line, check=False)
    if said.exit_status:
        output = (str(said.stdout or "") + str(said.stderr or "")).strip()
        raise StepFailed("SW229", command=act.command, output=output)
