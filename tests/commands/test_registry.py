"""The section `registry`: an address, and a password that is not in the file and stays here."""

import io

import pytest

STACK = """\
seaway: 1
name: shop
services:
  api: {run: python3 main.py}
registry: {at: registry.example.com/team, user: shop, password: secret:REGISTRY_PASSWORD}
secrets:
  REGISTRY_PASSWORD:
environments:
  production: {target: "docker ssh://nobody@192.0.2.1"}
"""


@pytest.fixture
def stack(write, here):
    (here / "main.py").write_text("")
    return write(STACK)


def test_the_password_of_a_registry_stays_where_people_push_from(stack, seaway, monkeypatch):
    """The host of this stack does not even exist: nobody must ask it."""
    monkeypatch.setattr("sys.stdin", io.StringIO("open-sesame\n"))

    said = seaway("secrets", "set", "REGISTRY_PASSWORD", "-e", "production")

    assert said.status == 0, said
    assert "REGISTRY_PASSWORD" in said.err
    assert "open-sesame" not in str(said)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("registry.at=https://registry.example.com", "SW240"),
        ("registry.at=team", "SW240"),
        ("registry.at=registry.example.com/Team", "SW240"),
        ("registry.password=open-sesame", "SW241"),
    ],
)
def test_what_is_no_registry_is_told(stack, seaway, wrong, code):
    said = seaway("check", "--set", wrong)

    assert said.status == 2
    assert code in said.out


def test_a_password_in_the_file_is_not_shown_to_those_who_read_the_log(stack, seaway):
    stack.write_text(STACK.replace("secret:REGISTRY_PASSWORD", "open-sesame"))

    said = seaway("check")

    assert "SW241" in said.out
    assert "open-sesame" not in str(said)


@pytest.mark.parametrize("at", ["registry.example.com", "localhost/a/b", "10.0.0.7:5000/team"])
def test_an_address_alone_is_enough(stack, seaway, at):
    said = seaway("check", "--set", f"registry.at={at}")

    assert said.status == 0, said
