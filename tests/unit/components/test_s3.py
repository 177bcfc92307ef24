"""The s3 component: what follows from what is written."""

import pytest
from pydantic import ValidationError

from seaway.components.s3 import S3
from seaway.messages import words_of
from seaway.model.finding import Severity
from seaway.model.names import Name
from seaway.model.text import Host, Port, Secret
from seaway.model.workload import Role, Server
from seaway.ports.component import Expansion, Surroundings

AROUND = Surroundings(
    stack=Name("food-app"), environment="local", folder="/srv/food",
    env={"BACKUP_URL": "https://s3.example", "KEY_ID": "AK1"},
)  # fmt: skip
BUCKETS = {"food-images": {"expire": "30d"}, "uploads": {}}


def expand(**settings: object) -> Expansion:
    return S3.model_validate(settings).expand(Name("files"), AROUND)


def codes(**settings: object) -> dict[str, Severity]:
    return {each.code: each.severity for each in expand(**settings).findings}


def test_its_users_get_its_address_its_keys_and_its_first_bucket():
    exports = expand(buckets=BUCKETS, region="ap-southeast-1").exports

    endpoint = (
        "http://",
        Host(workload=Name("files")),
        ":",
        Port(workload=Name("files"), port="s3"),
    )
    assert exports.variables["S3_ENDPOINT"].parts == endpoint
    assert exports.variables["AWS_ENDPOINT_URL_S3"].parts == endpoint
    assert exports.variables["S3_BUCKET"].parts == ("food-images",)
    assert exports.variables["S3_REGION"].parts == ("ap-southeast-1",)
    assert exports.variables["S3_ACCESS_KEY_ID"].parts == ("food-app-files",)
    assert exports.values["secret_access_key"].parts == (Secret(name="files.secret-key"),)
    assert exports.values["buckets"].parts == ("food-images,uploads",)


def test_the_administrator_is_somebody_else():
    """Nobody who uses the store is handed the key that may do all."""
    expansion = expand(buckets=BUCKETS)

    handed = [*expansion.exports.values.values(), *expansion.exports.variables.values()]
    names = {hole.name for text in handed for hole in text.holes if isinstance(hole, Secret)}
    assert names == {"files.secret-key"}
    assert {need.name for need in expansion.secrets} == {
        "files.secret-key", "files.admin-key", "files.sse-key",
    }  # fmt: skip


def test_it_is_a_store_with_one_volume():
    [workload] = expand(buckets=BUCKETS).workloads

    assert workload.role is Role.STORE
    assert isinstance(workload.program, Server)
    assert workload.program.settings["buckets"] == {
        "food-images": {"days": 30, "versioning": False, "public": ""},
        "uploads": {"days": 0, "versioning": False, "public": ""},
    }


def test_what_others_run_is_only_handed_on():
    expansion = expand(
        external=True, endpoint="env:BACKUP_URL", access_key="env:KEY_ID",
        secret_key="secret:BACKUP_KEY", buckets={"nightly": {}},
    )  # fmt: skip

    assert not expansion.workloads
    assert not expansion.findings
    assert not expansion.secrets
    assert expansion.exports.values["url"].parts == ("https://s3.example",)
    assert expansion.exports.values["access_key_id"].parts == ("AK1",)
    assert expansion.exports.values["secret_access_key"].parts == (Secret(name="BACKUP_KEY"),)


def test_an_address_that_is_not_set_is_a_warning():
    """What does not use the store must run all the same."""
    assert codes(external=True, endpoint="env:NOWHERE") == {"SW332": Severity.WARNING}


@pytest.mark.parametrize(
    "settings",
    [
        {"external": True},
        {"endpoint": "https://s3.example"},
        {"external": False, "endpoint": "env:X"},
    ],
)
def test_an_address_goes_with_being_external(settings):
    with pytest.raises(ValidationError, match="SW330"):
        S3.model_validate(settings)


@pytest.mark.parametrize("name", ["ab", "Upper", "-start", "end-", "a_b", "x" * 64, "../x", "a.b"])
def test_names_that_are_no_buckets_are_refused(name):
    with pytest.raises(ValidationError):
        S3.model_validate({"buckets": {name: {}}})


def test_objects_expire_after_whole_days():
    with pytest.raises(ValidationError):
        S3.model_validate({"buckets": {"uploads": {"expire": "2h"}}})
    assert codes(buckets={"uploads": {"expire": "36h"}}) == {"SW331": Severity.WARNING}


def test_a_store_without_buckets_is_a_warning():
    assert codes() == {"SW333": Severity.WARNING}


def test_every_finding_has_words():
    found = {**codes(backup={"to": "vault"}), **codes(external=True, endpoint="env:NOWHERE"),
             **codes(buckets={"uploads": {"expire": "36h"}})}  # fmt: skip

    assert len(found) == 3
    assert all(words_of(code).zh for code in (*found, "SW330"))
