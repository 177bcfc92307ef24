"""The file server's configuration: nginx accepts it, and what it cannot carry is refused."""

import re
import subprocess

import pytest

from seaway.errors import PartMissing
from seaway.targets.local.parts.nginx import HASHED, Served, configuration
from seaway.targets.local.parts.static import StaticPart


def served(folder: str) -> Served:
    return Served(
        root=f"{folder}/a folder with 'blanks' ; and {{braces}} and 中文",
        address="127.0.0.1:18080",
        scratch=folder,
        spa=True,
        hashed="public, max-age=31536000, immutable",
        entry="no-cache",
        other="no-cache",
    )


def test_nginx_accepts_it(tmp_path):
    try:
        program = StaticPart().find("").programs["nginx"]
    except PartMissing:
        pytest.skip("no nginx here")
    file = tmp_path / "nginx.conf"
    file.write_text(configuration(served(str(tmp_path))))

    done = subprocess.run(
        (program, "-t", "-e", "stderr", "-p", tmp_path, "-c", file),
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip

    assert "test is successful" in done.stderr
    assert not [line for line in done.stderr.splitlines() if "emerg" in line]


@pytest.mark.parametrize("folder", ["/srv/$HOME", '/srv/a"b', "/srv/a\\b", "/srv/a\nb"])
def test_a_folder_that_nginx_would_misread_is_refused(folder):
    with pytest.raises(ValueError, match="nginx"):
        configuration(served(folder))


@pytest.mark.parametrize(
    ("path", "hashed"),
    [
        ("/assets/index-DiwrgTda.js", True),
        ("/assets/deep/index-B0a_x-9Q.css", True),
        ("/static/main.3f2a9c1b.js", True),
        ("/static/js/main.3f2a9c1b.chunk.js", True),
        ("/logo-5e8f2a1c9d3b.svg", True),
        ("/assets/my-dropdown.js", False),
        ("/assets/date-picker.css", False),
        ("/assets/date-selector.css", False),
        ("/bootstrap-datepicker.js", False),
        ("/photo-20240101.jpg", False),
        ("/index.html", False),
        ("/sw.js", False),
    ],
)
def test_only_a_name_with_a_hash_is_kept_for_ever(path, hashed):
    """A wrong guess would keep an old file in every browser for a year."""
    assert any(re.search(each.removeprefix("~"), path) for each in HASHED) is hashed
