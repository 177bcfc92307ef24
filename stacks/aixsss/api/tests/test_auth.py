"""Who may come in, and for how long."""

import httpx2
import jwt
import pytest
from conftest import PASSWORD, Person, person


def error(answer: httpx2.Response) -> tuple[int, str]:
    """Return status and code of an error, after a look at its shape."""
    shape = answer.json()
    assert set(shape) == {"error"}
    assert set(shape["error"]) == {"code", "message", "requestId"}
    assert shape["error"]["requestId"] == answer.headers["x-request-id"]
    return answer.status_code, shape["error"]["code"]


def test_a_new_user_is_logged_in_at_once(ann: Person) -> None:
    answer = ann.client.get("/api/me")

    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == ann.email


def test_an_address_can_sign_up_only_once(ann: Person) -> None:
    twice = {"email": ann.email.upper(), "password": PASSWORD}

    assert error(ann.client.post("/api/auth/signup", json=twice)) == (409, "email_taken")


@pytest.mark.parametrize(
    "body",
    [
        {"email": "nobody", "password": PASSWORD},
        {"email": "a@example.com", "password": "short"},
        {"email": "a@example.com", "password": "é" * 40},
        {"email": "a@example.com", "password": PASSWORD, "admin": True},
    ],
)
def test_bad_sign_ups_are_refused(api: str, body: dict[str, object]) -> None:
    answer = httpx2.post(f"{api}/api/auth/signup", json=body)

    assert error(answer) == (400, "invalid")
    assert PASSWORD not in answer.text


def test_logging_in_takes_the_right_password(ann: Person) -> None:
    assert ann.log_in().status_code == 200
    assert error(ann.log_in("wrong password")) == (401, "wrong_credentials")


def test_an_unknown_address_gets_the_same_answer_as_a_wrong_password(api: str) -> None:
    unknown = {"email": "nobody@example.com", "password": PASSWORD}

    answer = httpx2.post(f"{api}/api/auth/login", json=unknown, timeout=20)

    assert error(answer) == (401, "wrong_credentials")


def test_guessing_is_stopped(ann: Person) -> None:
    """Ten wrong guesses against one account, and even the right password must wait."""
    for _ in range(10):
        assert ann.log_in("x" * 80).status_code == 401  # too long for bcrypt: refused quickly

    answer = ann.log_in()

    assert error(answer) == (429, "too_many_requests")
    assert int(answer.headers["retry-after"]) > 0


def test_tokens_are_refreshed_and_the_old_one_ends_the_session_later(ann: Person) -> None:
    first = ann.client.cookies["aixsss_refresh"]
    answer = ann.client.post("/api/auth/refresh")
    second = ann.client.cookies["aixsss_refresh"]

    assert answer.status_code == 200
    assert first != second
    assert ann.client.post("/api/auth/refresh").status_code == 200

    # two steps old: nobody but a thief would send it
    ann.client.cookies.set("aixsss_refresh", first, domain="127.0.0.1", path="/api/auth")
    assert error(with_refresh(ann, first)) == (401, "unauthenticated")
    assert error(with_refresh(ann, second)) == (401, "unauthenticated")


def test_two_tabs_may_refresh_at_once(ann: Person) -> None:
    token = ann.client.cookies["aixsss_refresh"]

    assert with_refresh(ann, token).status_code == 200
    assert with_refresh(ann, token).status_code == 200


def with_refresh(who: Person, token: str) -> httpx2.Response:
    """Refresh with this very token."""
    url = who.client.base_url.join("/api/auth/refresh")
    return httpx2.post(url, headers={"cookie": f"aixsss_refresh={token}"})


def test_logging_out_withdraws_all_tokens_at_once(ann: Person) -> None:
    refresh = ann.client.cookies["aixsss_refresh"]

    assert ann.client.post("/api/auth/logout").status_code == 204

    assert error(ann.client.get("/api/me")) == (401, "unauthenticated")
    assert error(with_refresh(ann, refresh)) == (401, "unauthenticated")
    assert not ann.client.cookies


def test_the_cookies_are_out_of_reach_of_scripts_and_of_other_sites(api: str) -> None:
    someone = person(api)

    cookies = someone.log_in().headers.get_list("set-cookie")

    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/api/" in cookie


def test_a_playback_token_is_no_access_token(ann: Person) -> None:
    playback = ann.client.cookies["aixsss_playback"]

    answer = ann.client.get("/api/me", headers={"authorization": f"Bearer {playback}"})

    assert error(answer) == (401, "unauthenticated")


def test_a_forged_token_is_refused(ann: Person) -> None:
    token = ann.client.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    forged = jwt.encode(claims, "a" * 40, "HS256", headers={"kid": kid})

    answer = ann.client.get("/api/me", headers={"authorization": f"Bearer {forged}"})

    assert error(answer) == (401, "unauthenticated")


def test_another_web_site_may_not_use_the_cookies(ann: Person) -> None:
    origin = {"origin": "https://evil.example"}

    assert error(ann.client.post("/api/auth/refresh", headers=origin)) == (403, "foreign_origin")


def test_large_and_foreign_bodies_are_refused(api: str) -> None:
    large = httpx2.post(f"{api}/api/auth/login", json={"email": "x" * 70000})
    form = httpx2.post(f"{api}/api/auth/login", data={"email": "a@example.com"})

    assert error(large) == (413, "too_large")
    assert error(form) == (415, "not_json")


def test_a_wrong_path_and_a_wrong_method_have_the_same_error_shape(api: str) -> None:
    assert error(httpx2.get(f"{api}/api/nothing")) == (404, "not_found")
    assert error(httpx2.get(f"{api}/api/auth/login")) == (405, "method_not_allowed")
