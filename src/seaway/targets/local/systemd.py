"""Systemd: one unit that keeps the supervisor of a stack, so that it comes back after a reboot."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seaway.durable import make_folder, write_whole
from seaway.errors import StepFailed
from seaway.targets.local.running import run_tool

SYSTEM = Path("/etc/systemd/system")
RUNNING = Path("/run/systemd/system")
"""There where systemd is the first process (sd_booted(3))."""
LONGEST = 60.0
"""Seconds for one order to systemd."""
SHOWN = ("SEAWAY_STATE", "PATH", "XDG_STATE_HOME", "HOME", "TZ")
"""Of the operator's environment: where the state is, and the tools that builds need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit for one stack in one environment."""

    stack: str
    environment: str
    python: str
    """The interpreter in which Seaway is installed, absolute."""
    environ: Mapping[str, str]
    owner: int = 0
    """User id; anybody but root gets a unit of his own manager."""

    @property
    def name(self) -> str:
        """As systemctl calls it."""
        rest = "" if self.environment == "local" else f"-{self.environment}"
        return f"seaway-{self.stack}{rest}.service"

    @property
    def file(self) -> Path:
        """Where it is kept."""
        if not self.owner:
            return SYSTEM / self.name
        home = self.environ.get("XDG_CONFIG_HOME") or f"{self.environ.get('HOME', '/')}/.config"
        return Path(home) / "systemd/user" / self.name

    @property
    def secrets(self) -> str:
        """A file that may hold SEAWAY_VAULT_KEY; it need not be there."""
        folder = "%h/.config/seaway" if self.owner else "/etc/seaway"
        return f"{folder}/{self.name.removesuffix('.service')}.env"

    @property
    def text(self) -> str:
        """The file. What runs belongs to its shims: with the supervisor only it itself ends."""
        command = (self.python, "-m", "seaway", "supervise", "--stack", self.stack,
                   "-e", self.environment)  # fmt: skip
        told = [
            f"Environment={_quoted(f'{name}={self.environ[name]}')}"
            for name in SHOWN if self.environ.get(name)
        ]  # fmt: skip
        lines = (
            "[Unit]",
            f"Description=Seaway keeps {self.stack} ({self.environment}) running",
            *(() if self.owner else ("Wants=network-online.target", "After=network-online.target")),
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            "Type=exec",
            f"ExecStart={' '.join(map(_quoted, command))}",
            *told,
            f"EnvironmentFile=-{self.secrets}",
            "KillMode=process",
            "Restart=on-failure",
            "RestartSec=1s",
            "LimitNOFILE=1048576",
            "",
            "[Install]",
            f"WantedBy={'default.target' if self.owner else 'multi-user.target'}",
        )
        return "".join(f"{line}\n" for line in lines)


def booted() -> bool:
    """Whether systemd looks after this machine."""
    return RUNNING.exists()


async def install(unit: Unit) -> bool:
    """Write and enable it; start it where systemd runs, and tell whether it does.

    Raises:
        StepFailed: systemd refuses it.
        OSError: its folder cannot be written.
    """
    make_folder(unit.file.parent, 0o755)
    write_whole(unit.file, unit.text, durable=True)
    unit.file.chmod(0o644)
    if not booted():
        await _order(unit, "enable", unit.name)
        return False
    await _order(unit, "daemon-reload")
    await _order(unit, "enable", "--now", unit.name)
    return True


async def remove(unit: Unit) -> None:
    """Disable it and remove its file; the supervisor that it keeps ends, what runs goes on.

    Raises:
        StepFailed: systemd does not do it.
    """
    await _order(unit, "disable", *(("--now",) if booted() else ()), unit.name)
    await asyncio.to_thread(unit.file.unlink, missing_ok=True)
    if booted():
        await _order(unit, "daemon-reload")


async def _order(unit: Unit, *words: str) -> None:
    argv = ("systemctl", *(("--user",) if unit.owner else ()), *words)
    try:
        status, said = await run_tool(argv, os.environ, Path("/"), LONGEST)
    except FileNotFoundError:
        raise StepFailed("SW275", unit=unit.name) from None
    if status:
        last = said.strip().rpartition("\n")[2] or f"exit {status}"
        raise StepFailed("SW276", unit=unit.name, command=" ".join(argv), problem=last)


def _quoted(text: str) -> str:
    """As one word of a unit file (systemd.syntax(7)): `%` means itself."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if escaped != text or not text or set(text) & set(" \t'") else text
