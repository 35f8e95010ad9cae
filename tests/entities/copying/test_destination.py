"""The ids of copies follow from the destination and the ids of the copied entities."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm import Session
from ftrack_orm.entities.copying.destination import CopyDestination, existing_rows
from ftrack_orm.entities.copying.translation import NewRow
from tests.production import Production

ids = st.uuids().map(str)


@given(ids, ids, st.text(), st.text(), ids, ids)
def test_the_same_copy_has_the_same_ids_and_others_have_others(
    into: str, of: str, name: str, other_name: str, id_: str, other_id: str
) -> None:
    destination = CopyDestination(into, name)
    new = destination.new_id(of, 0, id_)
    assert str(uuid.UUID(new)) == new == CopyDestination(into, name).new_id(of, 0, id_)
    others = {
        destination.new_id(of, 1, id_),
        CopyDestination(None, name).new_id(of, 0, id_),
        *((destination.new_id(of, 0, other_id),) if other_id != id_ else ()),
        *((CopyDestination(into, other_name).new_id(of, 0, id_),) if other_name != name else ()),
    }
    assert new not in others


def test_rows_are_found_by_their_own_id_or_by_that_of_their_owner(session: Session, production: Production) -> None:
    shot = session.create("Shot", name="new", parent_id=production.sequences[0], metadata={"a": "1"})
    session.commit()
    rows = [
        NewRow("Shot", (shot.id,), {"id": shot.id}, "id"),
        NewRow("Shot", (production.project,), {"id": production.project}, "id"),
        NewRow("Metadata", (shot.id, "a"), {"parent_id": shot.id}, "parent_id"),
        NewRow("Metadata", (shot.id, "b"), {"parent_id": shot.id}, "parent_id"),
    ]
    call = session._parts.handshake.call
    found = existing_rows(session.schema, call, rows)
    assert [("Context" if row.entity_type == "Shot" else "Metadata", row.key) in found for row in rows] == [
        *(True, False, True, False),
    ]
