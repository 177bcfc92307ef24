"""Provider keys go in and never come out."""

import psycopg
from conftest import Person, Stores
from psycopg.rows import dict_row

from aixsss.keyring import Keyring, Sealed

KEY = "sk-live-4b1d7c9e2f6a8035"


def save(who: Person, provider: str = "deepseek") -> str:
    """Save the key and return the text of the answer."""
    body = {"key": KEY, "label": "work"}
    answer = who.client.put(f"/api/keys/{provider}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_saved_key_is_shown_only_as_a_mask(ann: Person) -> None:
    saved = save(ann)
    listed = ann.client.get("/api/keys")

    [key] = listed.json()["keys"]
    assert (key["provider"], key["label"], key["mask"]) == ("deepseek", "work", "••••8035")
    assert KEY not in saved + listed.text


def test_a_key_is_encrypted_at_rest_for_its_owner_alone(ann: Person, stores: Stores) -> None:
    save(ann)
    user_id = ann.client.get("/api/me").json()["user"]["id"]
    with psycopg.connect(stores.settings["DATABASE_URL"], row_factory=dict_row) as connection:
        query = "SELECT * FROM provider_keys WHERE user_id = %s"
        row = connection.execute(query, (user_id,)).fetchone()
    assert row is not None

    assert all(KEY.encode() not in str(value).encode() for value in row.values())
    assert KEY.encode() not in bytes(row["ciphertext"])
    ring = Keyring.parse(stores.settings["API_KEY_ENCRYPTION_KEY"])
    sealed = Sealed(key_id=row["key_id"], nonce=row["nonce"], ciphertext=row["ciphertext"])
    assert row["key_id"] == ring.key_id
    assert ring.open(sealed, bound_to=f"{user_id}:deepseek") == KEY


def test_a_key_is_replaced_and_deleted(ann: Person) -> None:
    save(ann)
    save(ann)
    assert len(ann.client.get("/api/keys").json()["keys"]) == 1

    assert ann.client.delete("/api/keys/deepseek").status_code == 204
    assert ann.client.delete("/api/keys/deepseek").status_code == 404
    assert ann.client.get("/api/keys").json()["keys"] == []


def test_keys_of_others_are_out_of_sight(ann: Person, bob: Person) -> None:
    save(ann)

    assert bob.client.get("/api/keys").json()["keys"] == []
    assert bob.client.delete("/api/keys/deepseek").status_code == 404


def test_what_cannot_be_a_key_is_refused(ann: Person) -> None:
    for provider, key in (("deepseek", "short"), ("Deep%20Seek", KEY), ("deepseek", "a b" * 9)):
        answer = ann.client.put(f"/api/keys/{provider}", json={"key": key})
        assert answer.status_code == 400, key
        assert key not in answer.text
