"""People register, log in, stay logged in, and are limited; over two replicas where it matters."""

import base64
import json
from pathlib import Path

import httpx2
import psycopg
from conftest import PASSWORD, Person, Stores, api_server, person
from seaway_service.testing import running


def test_a_registered_user_logs_in_and_refreshes_with_a_new_token_each_time(ann: Person) -> None:
    wrong = ann.log_in("not the password")
    right = ann.log_in()
    first = ann.client.cookies["nutrition_refresh"]
    again = ann.client.post("/api/auth/refresh")
    second = ann.client.cookies["nutrition_refresh"]

    assert (wrong.status_code, right.status_code, again.status_code) == (401, 200, 200)
    assert right.json()["expiresIn"] == 24 * 3600
    assert right.json()["user"]["role"] == "guest"
    assert first != second
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert f"Max-Age={7 * 24 * 3600}" in cookie


def test_a_stolen_refresh_token_ends_the_session(api: str, ann: Person) -> None:
    stolen = ann.client.cookies["nutrition_refresh"]
    ann.client.post("/api/auth/refresh")
    ann.client.post("/api/auth/refresh")  # now it is older than the one before
    thief = httpx2.Client(base_url=api, cookies={"nutrition_refresh": stolen})

    assert thief.post("/api/auth/refresh").status_code == 401
    assert ann.client.get("/api/me").status_code == 401


def test_passwords_are_kept_as_bcrypt_of_cost_12(stores: Stores, ann: Person) -> None:
    [kept] = rows(stores, "SELECT password_hash FROM users WHERE email = %s", ann.email)

    assert str(kept[0]).startswith("$2b$12$")
    assert PASSWORD not in str(kept[0])


def test_a_forged_token_opens_nothing(api: str, ann: Person) -> None:
    token = ann.client.headers["authorization"].partition(" ")[2]
    head, claims, signature = token.split(".")
    opened = json.loads(base64.urlsafe_b64decode(claims + "=="))
    opened["sub"] = "00000000-0000-0000-0000-000000000000"
    forged = base64.urlsafe_b64encode(json.dumps(opened).encode()).decode().rstrip("=")
    headers = {"authorization": f"Bearer {head}.{forged}.{signature}"}

    assert httpx2.get(f"{api}/api/me", headers=headers).status_code == 401
    assert httpx2.get(f"{api}/api/me").json()["error"]["code"] == "unauthenticated"


def test_the_limit_is_exact_over_two_replicas(stores: Stores, tmp_path: Path) -> None:
    """101 requests of one user, turn by turn to both: 100 pass, whoever counts."""
    settings = {**stores.settings, "RATE_LIMIT_MAX_REQUESTS": "100"}
    one, first = api_server(settings, tmp_path)
    two, second = api_server(settings, tmp_path)
    with running(one), running(two):
        ann = person(first)
        bases = (first, second)
        headers = {"authorization": ann.client.headers["authorization"]}
        with httpx2.Client(headers=headers) as client:
            answers = [client.get(f"{bases[n % 2]}/api/me") for n in range(101)]
        others = person(second).client.get("/api/me")

    assert [each.status_code for each in answers] == [200] * 100 + [429]
    last = answers[-1]
    assert 1 <= int(last.headers["retry-after"]) <= 60
    assert last.json()["error"]["code"] == "too_many_requests"
    assert last.json()["error"]["requestId"] == last.headers["x-request-id"]
    assert answers[0].headers["x-ratelimit-remaining"] == "99"
    assert others.status_code == 200


def test_only_known_origins_may_call_with_credentials(stores: Stores, tmp_path: Path) -> None:
    ours, foreign = "https://ai-nutrition-restaurant.com", "https://elsewhere.example"
    settings = {**stores.settings, "CORS_ORIGIN": ours}
    server, base = api_server(settings, tmp_path)
    with running(server):
        asked = {"access-control-request-method": "POST"}
        allowed = httpx2.options(f"{base}/api/orders", headers={"origin": ours, **asked})
        refused = httpx2.options(f"{base}/api/orders", headers={"origin": foreign, **asked})

    assert allowed.headers["access-control-allow-origin"] == ours
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in refused.headers


def test_health_is_split(api: str) -> None:
    assert httpx2.get(f"{api}/health").text == "healthy\n"
    assert httpx2.get(f"{api}/health/ready").status_code == 200
    assert httpx2.get(f"{api}/livez").status_code == 200
    ready = httpx2.get(f"{api}/readyz").json()
    assert set(ready["parts"]) == {"database", "redis", "objects"}
    assert "nutrition_http_requests_total" in httpx2.get(f"{api}/metrics").text
    told = httpx2.get(f"{api}/api/version").json()
    assert told["version"] == "2.0.0"
    assert told["integrations"] == {
        "wechat": True, "alipay": True, "sms": True, "gaode": False, "baidu": False,
        "tencent": False,
    }  # fmt: skip


def rows(stores: Stores, asked: str, *values: object) -> list[tuple[object, ...]]:
    """Return what the database says to the one who owns it."""
    given = stores.settings
    with psycopg.connect(
        host=given["DB_HOST"], port=given["DB_PORT"], dbname=given["DB_NAME"],
        user=given["DB_USER"], password=given["DB_PASSWORD"],
    ) as connection:  # fmt: skip
        return connection.execute(asked.encode(), values).fetchall()
