"""Pure: the attributes whose values are unique on a server."""

from __future__ import annotations

from typing import Final

import attrs


@attrs.frozen(slots=True)
class UniqueConstraint:
    """Attributes whose values are unique among entities of a type; entities where one of them is null are exempt."""

    entity_type: str
    attributes: tuple[str, ...]
    names_error: bool = False  # whether the message names DuplicateEntryError, as clients expect for timers


#: The database checks primary keys itself. (Protocol fact for Timer: a second one of a user is a DuplicateEntryError.)
UNIQUE_CONSTRAINTS: Final = (
    UniqueConstraint("User", ("username",)),
    UniqueConstraint("Project", ("name",)),
    UniqueConstraint("TypedContext", ("parent_id", "name", "object_type_id")),
    UniqueConstraint("AssetVersion", ("asset_id", "version")),
    UniqueConstraint("Appointment", ("context_id", "resource_id", "type")),
    UniqueConstraint("Membership", ("group_id", "user_id")),
    UniqueConstraint("ListObject", ("list_id", "entity_id")),
    UniqueConstraint("Timer", ("user_id",), names_error=True),
)
