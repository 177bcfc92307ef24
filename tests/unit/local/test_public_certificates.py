"""Certificates of authorities, on disk: for nobody else, and never lost for a failed renewal."""

import os
from datetime import timedelta

from seaway.targets.local.certificates import Authority
from seaway.targets.local.public_certificates import PublicCertificates
from tests.fakes.clock import HandClock

HOST, THERE, ELSEWHERE = "a.example", "https://ca.example/directory", "https://other.example/dir"


def made(tmp_path):
    clock = HandClock()
    kept = PublicCertificates(tmp_path / "public", clock)
    return clock, kept, Authority(tmp_path / "signer", clock).certificate((HOST,))


def test_what_was_issued_is_known_by_its_own_words(tmp_path):
    clock, kept, pem = made(tmp_path)
    assert kept.known(HOST, THERE).since is None
    kept.keep(HOST, THERE, pem)
    known = kept.known(HOST, THERE)

    assert kept.pem(HOST) == pem
    assert known.issuer.startswith("Seaway local authority")
    assert known.until - clock.now() == timedelta(days=90)
    assert len(known.fingerprint) == 64
    assert known.failures == 0


def test_failures_are_counted_and_the_old_one_stays(tmp_path):
    clock, kept, pem = made(tmp_path)
    kept.keep(HOST, THERE, pem)
    kept.fail(HOST, THERE, "no route")
    await_next = clock.now()
    kept.fail(HOST, THERE, "still none")
    known = kept.known(HOST, THERE)

    assert (known.failures, known.problem, known.tried) == (2, "still none", await_next)
    assert kept.pem(HOST) == pem
    kept.keep(HOST, THERE, pem)
    assert kept.known(HOST, THERE).failures == 0


def test_another_authority_is_asked_at_once_and_the_old_certificate_serves_meanwhile(tmp_path):
    _, kept, pem = made(tmp_path)
    kept.keep(HOST, THERE, pem)
    kept.fail(HOST, ELSEWHERE, "does not know us")

    assert kept.pem(HOST) == pem
    assert kept.known(HOST, ELSEWHERE).until is None
    assert kept.known(HOST, ELSEWHERE).failures == 1
    assert kept.known(HOST, THERE).failures == 0
    assert kept.known(HOST, THERE).until is not None


def test_a_new_object_knows_all_of_it(tmp_path):
    """Seaway may be killed at any moment."""
    clock, kept, pem = made(tmp_path)
    kept.keep(HOST, THERE, pem)
    kept.fail(HOST, THERE, "no route")

    assert PublicCertificates(tmp_path / "public", clock).known(HOST, THERE) == kept.known(
        HOST, THERE
    )


def test_keys_are_for_nobody_else(tmp_path):
    old = os.umask(0)
    try:
        _, kept, pem = made(tmp_path)
        kept.keep(HOST, THERE, pem)
    finally:
        os.umask(old)
    folder = tmp_path / "public"

    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
