"""The service over HTTP, with a real Redis and a model on the network."""

import uuid

import httpx2
from heartalk.app import create_app
from heartalk.settings import settings

from tests.conftest import ModelServer, served

ASK = "/api/v1/chat/generate"


def unique() -> str:
    """A question nobody has asked."""
    return f"hello {uuid.uuid4().hex}"


async def test_without_a_valid_token_nothing_is_answered(client: httpx2.AsyncClient) -> None:
    client.headers["authorization"] = "Bearer eyJ.no.no"
    answer = await client.post(ASK, json={"message": unique()})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "unauthenticated"


async def test_the_second_identical_question_is_answered_from_the_cache(
    client: httpx2.AsyncClient, model: ModelServer
) -> None:
    question = unique()
    first = await client.post(ASK, json={"message": question})
    second = await client.post(ASK, json={"message": f"  {question} "})
    metrics = (await client.get("/metrics")).text

    assert first.json() | {"cached": True} == second.json()
    assert not first.json()["cached"]
    assert len(model.asked) == 1
    assert "ai_cache_hit_rate 0." in metrics or "ai_cache_hit_rate 1" in metrics


async def test_reasoning_is_kept_to_itself_unless_it_is_asked_for(
    client: httpx2.AsyncClient, environ: dict[str, str]
) -> None:
    question = f"why {unique()}"
    hidden = (await client.post(ASK, json={"message": question})).json()
    async with served(create_app(settings(environ | {"SHOW_REASONING_PROCESS": "on"}))) as url:
        headers = {"authorization": client.headers["authorization"]}
        async with httpx2.AsyncClient(base_url=url, headers=headers) as http:
            shown = (await http.post(ASK, json={"message": question})).json()

    assert hidden["route"] == "reasoning"
    assert "reasoning" not in hidden
    assert shown["reasoning"] == "because"


async def test_a_user_who_asks_too_often_is_told_when_to_come_back(
    client: httpx2.AsyncClient,
) -> None:
    answers = [await client.post(ASK, json={"message": "hello"}) for _ in range(6)]

    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


async def test_a_stream_gives_pieces_and_at_its_end_the_whole(client: httpx2.AsyncClient) -> None:
    answer = await client.post(ASK, json={"message": unique(), "stream": True})
    names = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert names == ["piece", "piece", "piece", "done"]
    assert '"content":"To everything."' in answer.text


async def test_a_cut_stream_ends_with_an_error_and_is_not_remembered(
    client: httpx2.AsyncClient, model: ModelServer
) -> None:
    question, model.cut = unique(), True
    cut = await client.post(ASK, json={"message": question, "stream": True})
    model.cut = False
    whole = await client.post(ASK, json={"message": question})

    assert cut.text.rstrip().splitlines()[-2] == "event: error"
    assert not whole.json()["cached"]


async def test_a_provider_in_trouble_degrades_health_and_not_life(
    client: httpx2.AsyncClient, model: ModelServer
) -> None:
    model.status = 500
    asked = await client.post(ASK, json={"message": unique()})
    health = await client.get("/api/v1/health")
    alive, ready = await client.get("/livez"), await client.get("/readyz")

    assert asked.status_code == 502
    assert asked.headers["retry-after"] == "7"
    assert health.status_code == 503
    assert health.json()["parts"]["providers"]["state"] == "down"
    assert (alive.status_code, ready.status_code) == (200, 200)


async def test_without_provider_and_memory_an_instance_is_not_ready(
    environ: dict[str, str], model: ModelServer
) -> None:
    model.status = 500
    nowhere = environ | {"REDIS_URL": "redis://:a-password@127.0.0.1:1/0"}
    async with served(create_app(settings(nowhere))) as url, httpx2.AsyncClient() as http:
        ready = await http.get(f"{url}/readyz")
        alive = await http.get(f"{url}/livez")

    assert (ready.status_code, alive.status_code) == (503, 200)


async def test_the_seven_metrics_have_their_names(client: httpx2.AsyncClient) -> None:
    await client.post(ASK, json={"message": f"why {unique()}"})
    text = (await client.get("/metrics")).text

    for name in (
        "process_cpu_seconds_total", "process_resident_memory_bytes", "http_requests_total",
        "http_request_duration_seconds_sum", "ai_route_decisions_total", "ai_cache_hit_rate",
        "ai_reasoning_duration_seconds_count",
    ):  # fmt: skip
        assert f"\n{name}" in text


async def test_what_makes_no_sense_is_refused_with_a_reason(client: httpx2.AsyncClient) -> None:
    wrong: list[dict[str, object]] = [
        {}, {"message": ""}, {"massage": "x"}, {"message": 3},
        {"messages": [{"role": "assistant", "content": "x"}]},
    ]  # fmt: skip
    answers = [await client.post(ASK, json=each) for each in wrong]

    assert {each.status_code for each in answers} == {400}
    assert all(each.json()["error"]["message"] for each in answers)
