"""The evaluation's own stack, whole: gateway, offline models, vectors, PostgreSQL, Redis."""

import httpx2
import pytest

from tests.ai.rag.running import events
from tests.evaluation.rag.__main__ import stack
from tests.evaluation.rag.measuring import has, missing
from tests.evaluation.rag.texts import questions, texts

pytestmark = pytest.mark.local
RECIPE = "recipes/清蒸鲈鱼"
QUESTION = "蒸鲈鱼的时候，鱼下锅之后蒸几分钟？"


def test_each_question_has_its_evidence_and_enough_have_none():
    """Who changes a sentence of a page that a question is about changes its evidence too."""
    asked = questions()

    assert missing() == []
    assert len(asked) >= 60
    assert sum(not each.evidence for each in asked) >= 15
    assert len({each.text for each in asked}) == len(asked)
    for group in ("Chinese", "English"):
        assert sum(each.group == group for each in asked) >= 30


async def test_a_question_goes_through_all_of_it_and_back():
    [recipe] = [each for each in texts() if each.id == RECIPE]
    [evidence] = [each.evidence for each in questions() if each.text == QUESTION]

    with stack() as (url, key):
        headers = {"authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
            told = {"id": recipe.id, "title": recipe.title, "text": recipe.text}
            assert (await client.post("/v1/documents", json=told)).status_code == 201
            asking = {"question": QUESTION, "stream": True}
            async with client.stream("POST", "/v1/ask", json=asking) as answer:
                seen = [event async for event in events(answer)]
            again = (await client.post("/v1/ask", json={"question": QUESTION})).json()
            other = (await client.post("/v1/ask", json={"question": "麻婆豆腐是谁发明的？"})).json()

    assert (seen[0][0], seen[-1][0]) == ("sources", "done")
    assert has(seen[-1][1]["answer"], evidence)
    assert again == {**seen[-1][1], "cached": True}
    assert not other["found"]
