"""Dishes are written, embedded by the worker, and found again by what they are like."""

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from conftest import Person, Stores, dish
from seaway_service.testing import until
from test_accounts import rows


def embedded(client: httpx2.Client, dish_id: object) -> None:
    """Return when the worker has made the vector."""
    until(lambda: client.get(f"/api/dishes/{dish_id}").json()["dish"]["embedded"], "it is embedded")


@pytest.mark.usefixtures("worker")
def test_similar_dishes_come_in_order_and_above_the_threshold(
    chef: httpx2.Client, ann: Person
) -> None:
    tomato = dish(chef, "番茄炒蛋啊", description="番茄鸡蛋")
    pepper = dish(chef, "青椒炒蛋啊", description="青椒鸡蛋")
    fish = dish(chef, "鲈鱼", description="清蒸")
    for each in (tomato, pepper, fish):
        embedded(ann.client, each["id"])

    near = ann.client.get(f"/api/dishes/{tomato['id']}/similar?threshold=0.4").json()
    strict = ann.client.get(f"/api/dishes/{tomato['id']}/similar?threshold=0.99").json()
    loose = ann.client.get(f"/api/dishes/{tomato['id']}/similar?threshold=0").json()

    assert [each["dish"]["id"] for each in near["dishes"]] == [pepper["id"]]
    assert near["dishes"][0]["similarity"] > 0.4
    assert strict["dishes"] == []
    found = [each["similarity"] for each in loose["dishes"]]
    assert found == sorted(found, reverse=True)
    assert ann.client.get(f"/api/dishes/{tomato['id']}/similar").json()["threshold"] == 0.7


@pytest.mark.usefixtures("worker")
def test_a_changed_dish_is_embedded_anew_and_a_removed_one_is_forgotten(
    stores: Stores, chef: httpx2.Client
) -> None:
    soup = dish(chef, "冬瓜汤", description="清淡")
    embedded(chef, soup["id"])
    before = stores.ai.vectors[str(soup["id"])]
    facts = {"name": "辣子鸡", "priceFen": 1, "kcal": 1, "proteinG": 1, "fatG": 1, "carbsG": 1}
    changed = chef.put(f"/api/admin/dishes/{soup['id']}", json=facts).json()["dish"]
    embedded(chef, soup["id"])

    assert changed["embedded"] is False
    assert stores.ai.vectors[str(soup["id"])] != before
    assert "辣子鸡" in stores.ai.documents[f"dish:{soup['id']}"]

    assert chef.delete(f"/api/admin/dishes/{soup['id']}").status_code == 204
    until(lambda: str(soup["id"]) not in stores.ai.vectors, "it is forgotten")
    until(lambda: f"dish:{soup['id']}" not in stores.ai.documents, "it is not talked about")


@pytest.mark.usefixtures("worker")
def test_what_a_user_likes_and_must_avoid_decides_what_is_suggested(
    chef: httpx2.Client, ann: Person
) -> None:
    nuts = dish(chef, "花生糖", allergens=["花生"])
    plain = dish(chef, "花生酥糖")
    for each in (nuts, plain):
        embedded(chef, each["id"])
    none = ann.client.get("/api/dishes/suggested").json()["dishes"]
    kept = ann.client.put("/api/preferences", json={"likes": "花生糖", "avoids": ["花生"]})
    until(lambda: ann.client.get("/api/preferences").json()["embedded"], "it is embedded")

    suggested = ann.client.get("/api/dishes/suggested").json()["dishes"]
    ann.client.put("/api/preferences", json={"likes": ""})
    until(lambda: ann.client.get("/api/preferences").json()["embedded"], "it is forgotten")

    assert none == []
    assert kept.json()["kcalGoal"] is None
    names = [each["dish"]["name"] for each in suggested]
    assert "花生酥糖" in names
    assert "花生糖" not in names
    assert ann.client.get("/api/dishes/suggested").json()["dishes"] == []


def test_guests_change_no_dishes(ann: Person) -> None:
    answer = ann.client.post("/api/admin/dishes", json={})

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "admins_only"


def test_a_dish_without_sense_is_refused(chef: httpx2.Client) -> None:
    facts = {"name": "", "priceFen": 0, "kcal": -1, "proteinG": 1, "fatG": 1, "carbsG": 1}
    assert chef.post("/api/admin/dishes", json=facts).status_code == 400


def test_a_picture_is_kept_a_year_under_a_name_of_its_content(chef: httpx2.Client) -> None:
    soup = dish(chef, "有图的汤")
    path = f"/api/admin/dishes/{soup['id']}/picture"
    png = b"\x89PNG\r\n\x1a\n" + bytes(100)
    shown = chef.put(path, content=png).json()["dish"]["picture"]
    found = chef.get(shown)

    assert found.content == png
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert chef.put(path, content=b"GIF89a").status_code == 415
    assert chef.put(path, content=bytes(3 * 1024 * 1024)).status_code == 413
    assert chef.get("/static/dishes/none.png").status_code == 404


def test_the_database_is_as_the_document_has_it(stores: Stores) -> None:
    columns = rows(
        stores,
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attname = ANY(%s)",
        ["nutrition_embedding", "preference_embedding", "embedding"],
    )
    indexes = rows(
        stores, "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%%hnsw%%' ORDER BY 1"
    )
    rights = rows(
        stores,
        "SELECT has_table_privilege('ai_nutrition_user', 'dishes', 'SELECT'),"
        " has_function_privilege('ai_nutrition_user',"
        " 'find_similar_dishes(vector, float8, integer)', 'EXECUTE'),"
        " obj_description('find_similar_dishes'::regproc)",
    )

    assert {each[0] for each in columns} == {"vector(1536)"}
    assert len(indexes) == 3
    assert all("m='16', ef_construction='64'" in str(each[0]) for each in indexes)
    assert len([each for each in indexes if "IS NOT NULL" in str(each[0])]) == 2
    assert rights[0][:2] == (True, True)
    assert "nearest first" in str(rights[0][2])
    assert rows(stores, "SELECT count(*) FROM vector_embeddings") == [(0,)]


def test_an_update_of_a_vector_moves_its_time(stores: Stores) -> None:
    vector = "[" + ",".join(["1"] * 1536) + "]"
    moved = rows(
        stores,
        "INSERT INTO vector_embeddings (entity_type, entity_id, embedding, updated_at)"
        " VALUES ('t', '1', %s::vector, '2020-01-01') RETURNING 1",
        vector,
    )
    later = rows(
        stores,
        "UPDATE vector_embeddings SET metadata = '{}' WHERE entity_type = 't'"
        " RETURNING updated_at > now() - interval '1 minute'",
    )
    rows(stores, "DELETE FROM vector_embeddings RETURNING 1")

    assert (moved, later) == ([(1,)], [(True,)])


def test_the_models_and_the_schema_agree(stores: Stores) -> None:
    alembic = Path(sys.executable).parent / "alembic"
    done = subprocess.run(
        [alembic, "check"], cwd=Path(__file__).parent.parent, env={**os.environ, **stores.settings},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
