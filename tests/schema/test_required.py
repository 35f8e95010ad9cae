"""The values that new entities need are those whose absence the embedded server refuses."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox, datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.required import required_values

SCHEMA = Schema.from_response(list(datamodel.load().schemas))
#: Types whose entities have one key, which is the id that the client makes.
TYPES = [name for name, described in SCHEMA.types.items() if described.primary_key == ("id",)]


@pytest.fixture(scope="module")
def raw() -> Iterator[Session]:
    """A session on a server of its own, since entities of all types are created on it."""
    with Sandbox(seed="empty") as box, Session(box.url, box.api_key, box.api_user, schema_cache_path=False) as session:
        yield session


@pytest.mark.parametrize(
    ("entity_type", "names"),
    [
        ("Task", [("parent_id", "project_id")]),
        ("Shot", [("parent_id", "project_id")]),
        ("Asset", [("context_id",)]),
        ("AssetVersion", [("asset_id",)]),
        ("Project", [("project_schema_id",)]),
        ("Scope", [("name",)]),
        ("Note", []),
        ("User", []),
        ("FileComponent", []),
        ("Timelog", []),
        ("ReviewSession", [("project_id",)]),
        ("ReviewSessionInvitee", [("email",), ("name",), ("review_session_id",)]),
        ("Appointment", [("context_id",), ("resource_id",), ("type",)]),
    ],
)
def test_a_type_needs_these_values(entity_type: str, names: list[tuple[str, ...]]) -> None:
    assert sorted(required.names for required in required_values(SCHEMA.type(entity_type))) == sorted(names)


def test_the_server_refuses_entities_without_required_values_and_accepts_the_others(raw: Session) -> None:
    differences = []
    for name in TYPES:
        required = {each for value in required_values(SCHEMA.type(name)) for each in value.names}
        data = {"__entity_type__": name, "id": str(uuid.uuid4())}
        try:
            raw.call([{"action": "create", "entity_type": name, "entity_data": data}])
        except errors.IntegrityError as error:
            missing = re.search(r"Column '(\w+)' cannot be null", str(error))
            if missing is None or missing.group(1) not in required:
                differences.append(f"{name}: {error}")
        except errors.FtrackError:
            continue  # entities of this type are not created by clients
        else:
            if required:
                differences.append(f"{name}: created without {required}")
    assert differences == []
