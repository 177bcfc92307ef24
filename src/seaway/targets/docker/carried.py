"""Carried: what a stack runs from where it was brought from another machine.

Nothing is built or fetched there: each image is noted under what it was wanted for, each folder of
files lies under the digest of what is in it, and both stay for as long as a release may want them.
"""

import hashlib

from seaway.durable import make_folder
from seaway.errors import StepFailed
from seaway.model.release import Release
from seaway.model.workload import Command, Workload
from seaway.targets.local.state import StateFolder
from seaway.values import loaded

IMAGES, FILES, RELEASES = "images", "files", "releases"
"""Folders: the name of an image for each wish; files for each state of them; what is to be brought
into place, by its digest."""


class Carried:
    """Where images come from on a machine that makes none."""

    def __init__(self, state: StateFolder) -> None:
        self.folder = state.root / "carried"

    @property
    def there(self) -> bool:
        """Whether the stack has been brought here."""
        return self.folder.is_dir()

    def make(self) -> None:
        """Make the folders."""
        for each in (IMAGES, FILES, RELEASES):
            make_folder(self.folder / each)

    def has(self, folder: str) -> bool:
        """Whether files of that digest are here."""
        return (self.folder / FILES / folder).is_dir()

    def release(self, digest: str) -> Release:
        """What was brought under that digest.

        Raises:
            FileNotFoundError: nothing was.
        """
        return loaded(Release, (self.folder / RELEASES / f"{digest}.json").read_bytes())

    async def ensure(self, workload: Workload) -> str:
        """The image that came for this workload.

        Raises:
            StepFailed: SW219, none did.
        """
        try:
            return (self.folder / IMAGES / image_key(workload)).read_text(encoding="utf-8").strip()
        except FileNotFoundError as error:
            raise StepFailed("SW219", workload=workload.name) from error


def image_key(workload: Workload) -> str:
    """The same for workloads that run in the same image."""
    program = workload.program
    words = [program.program, program.image]
    if isinstance(program, Command) and program.build:
        words += [program.build.folder, program.build.command, program.build.fingerprint]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:24]
