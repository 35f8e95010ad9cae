"""The ids that are the same on every server."""

from __future__ import annotations

import sqlalchemy as sa

from ftrack_orm.sandbox.seeds import constants
from ftrack_orm.sandbox.tables import Tables


def test_the_ids_that_are_the_same_on_every_server_exist(seeded: sa.Connection, ftrack_tables: Tables) -> None:
    def ids(entity_type: str) -> set[str]:
        return set(seeded.execute(sa.select(ftrack_tables.table(entity_type).c.id)).scalars())

    # Written out, because existing tools contain them as literals.
    assert ids("Location") == {
        "ce9b348f-8809-11e3-821c-20c9d081909b",
        "cb268ecc-8809-11e3-a7e2-20c9d081909b",
        "cd41be70-8809-11e3-b98a-20c9d081909b",
        "07b82a97-8cf9-11e3-9383-20c9d081909b",
        "3a372bde-05bc-11e4-8908-20c9d081909b",
    }
    assert {"11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "bad911de-3bd6-47b9-8b46-3476e237cb36"} < ids("ObjectType")
    assert set(constants.CUSTOM_ATTRIBUTE_TYPES.values()) == ids("CustomAttributeType")
    assert "ac9fa5aa-4361-11e0-b7cc-0019bb4983d8" in ids("UserType")
