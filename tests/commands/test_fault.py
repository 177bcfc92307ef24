"""What nobody expected is one line and a report, in which secrets are masked."""

import pytest

from seaway.cli.fault import masked, reported
from seaway.cli.main import ended
from seaway.cli.settings import Settings


def raised(text: str) -> BaseException:
    with pytest.raises(RuntimeError) as caught:
        fail(text)
    return caught.value


def fail(text: str) -> None:
    raise RuntimeError(text)


def test_the_report_has_the_trace_and_only_its_owner_may_read_it(seaway, tmp_path):
    error = reported(raised("boom"), verbose=False)

    file = tmp_path / "state" / ".faults"
    [report] = file.iterdir()
    assert str(report) == error.facts["file"]
    assert report.stat().st_mode & 0o077 == 0
    assert "Traceback" in report.read_text()
    assert "RuntimeError: boom" in report.read_text()
    assert error.facts["report"] == ""


def test_verbose_shows_the_trace_as_well(seaway):
    assert "Traceback" in str(reported(raised("boom"), verbose=True).facts["report"])


@pytest.mark.parametrize(
    "text",
    [
        "cannot connect to postgresql://app:hunter22@127.0.0.1/app",
        "redis://:hunter22@127.0.0.1:6379/0 refused",
        "JWT_SECRET=hunter22 is too short",
        "{'password': 'hunter22', 'user': 'app'}",
        "api_key: hunter22",
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    assert "hunter22" not in masked(text)


def test_secrets_of_the_environment_are_masked_wherever_they_are(monkeypatch):
    monkeypatch.setenv("MAIL_TOKEN", "tr0ub4dor")

    assert masked("it said tr0ub4dor, plainly") == "it said ***, plainly"


def test_what_is_no_secret_stays_readable():
    text = "http://127.0.0.1:8000/readyz answered 503"

    assert masked(text) == text


def test_a_machine_that_gives_no_more_threads_is_no_fault_of_seaway(seaway, capsys):
    """Processes say so by an OSError, threads by words alone."""
    status = ended(raised("can't start new thread"), (), Settings())

    assert status == 1
    assert "SW637" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_no_fault_of_seaway(seaway, write, monkeypatch, tmp_path):
    """The state folder is a file: told with its path, without a trace."""
    write("seaway: 1\nname: shop\nservices: {api: {run: sleep 1}}\n")
    (tmp_path / "occupied").write_text("")
    monkeypatch.setenv("SEAWAY_STATE", str(tmp_path / "occupied"))

    said = seaway("up", "-d")

    assert said.status == 1
    assert "SW637" in said.err
    assert "Traceback" not in said.err


def test_a_report_that_cannot_be_written_is_no_second_fault(monkeypatch, tmp_path):
    """On a full disk there is no room for it, neither here nor there."""
    nowhere = tmp_path / "file"
    nowhere.touch()
    monkeypatch.setenv("SEAWAY_STATE", str(nowhere))
    monkeypatch.setattr("tempfile.tempdir", str(nowhere))

    assert reported(raised("boom"), verbose=False).facts["file"] == "-"
