"""The vision component and its table of foods: what follows from what is written."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from seaway.ai import vision
from seaway.ai.vision.nutrition import chinese, nutrition
from seaway.ai.vision.settings import settings
from seaway.components.gateway import Gateway
from seaway.components.redis import Redis
from seaway.components.s3 import S3
from seaway.components.vision import Vision
from seaway.messages import words_of
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.text import Text
from seaway.ports.component import Expansion, Surroundings

AROUND = Surroundings(stack=Name("nutrition"), environment="local", folder="/srv")
OTHERS = {
    "files": S3.model_validate({"buckets": {"food-images": {"expire": "30d"}, "other": {}}}),
    "llm": Gateway.model_validate({"providers": {"offline": "simulator"}}),
    "cache": Redis(),
}


def expand(**written: object) -> Expansion:
    component = Vision.model_validate({"store": "files/food-images", **written})
    exports = {each: OTHERS[each].expand(each, AROUND).exports for each in component.used}
    around = Surroundings(stack=AROUND.stack, environment="local", folder="/srv", exports=exports)
    return component.expand(Name("eye"), around)


def codes(**written: object) -> dict[str, Severity]:
    return {each.code: each.severity for each in expand(**written).findings}


def plain(text: Text) -> str:
    return "".join(part if isinstance(part, str) else "1" for part in text.parts)


def test_the_program_understands_what_the_component_tells_it():
    found = expand(uses=["llm"], max_size="5MB", formats=["jpg", "webp"], model="dish")
    told = settings({name: plain(text) for name, text in found.workloads[0].env.items()})

    assert (told.limits.size, told.limits.side, told.workers) == (5_000_000, 1024, 2)
    assert told.limits.formats == {"jpeg", "webp"}
    assert (told.bucket.name, told.bucket.days) == ("food-images", 30)
    assert told.gateway.startswith("http://")
    assert told.model == "dish"
    assert not found.findings
    assert set(found.exports.values) >= {"url", "key"}
    assert {"files", "llm"} <= set(found.workloads[0].uses)


def test_its_memory_is_enough_for_what_its_decoders_may_take():
    two, four = (expand(workers=count).workloads[0] for count in (2, 4))

    assert two.limits.memory > 2 * int(plain(two.env["VISION_MEMORY"]))
    assert four.limits.memory > 4 * int(plain(four.env["VISION_MEMORY"]))
    assert expand(resources={"memory": "6Gi"}).workloads[0].limits.memory == 6 * 2**30


def test_a_store_that_has_no_such_bucket_is_an_error():
    assert codes(uses=["llm"]) == {}
    assert codes() == {"SW384": Severity.INFO}
    for store in ("files/nowhere", "cache/food-images"):
        assert codes(store=store, uses=["llm"]) == {"SW383": Severity.ERROR}
    assert words_of("SW383").fix_zh
    with pytest.raises(ValidationError):
        expand(store="files")


def test_each_food_of_the_table_is_there_once_and_its_figures_belong_together():
    text = Path(vision.__file__).with_name("foods.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    called = [{row["name"], row["name_zh"], *row["also"].split("|")} - {""} for row in rows]
    names = Counter(name for each in called for name in each)

    assert [name for name, count in names.items() if count > 1] == []
    assert all(row["name_zh"] for row in rows)
    for row in rows:
        if all(row[key] for key in ("kcal", "protein", "fat", "carbs")):
            energy = 4 * float(row["protein"]) + 9 * float(row["fat"]) + 4 * float(row["carbs"])
            assert abs(energy - float(row["kcal"])) <= max(0.35 * float(row["kcal"]), 8), row


def test_a_food_is_found_by_any_of_its_names():
    dumplings = nutrition("饺子")

    assert dumplings
    assert dumplings == nutrition("Jiaozi") == nutrition("dumplings")
    assert (dumplings.protein, dumplings.quality) == (None, "unknown")
    assert chinese("Granny Smith apple") == "苹果"
    assert nutrition("zeppelin") is None
    assert nutrition("") is None
    assert chinese("meatloaf")
    assert nutrition("meatloaf") is None
