"""Pure: private names of the official client's session, and the public ones to use in their place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ftrack_orm.errors import UnknownAttribute, quoted, suggestion

#: Private name -> what to write.
PRIVATE_NAMES: Final = {
    "_api_key": "session.api_key",
    "_api_user": "session.api_user",
    "_call": "session.call([...])",
    "_configure_locations": "location.accessor = ... and location.structure = ...: resets leave them as they are",
    "_create": "session.create(entity_type, data)",
    "_get_locations": 'session.query("Location")',
    "_local_cache": "session.reset() to read everything again",
    "_merge": "session.merge(entity)",
    "_query": "session.query(expression)",
    "_request": "session.call([...])",
    "_schemas": "session.schemas",
    "_server_information": "session.server_information",
    "_server_url": "session.server_url",
}


def unavailable(name: str, known: Iterable[str]) -> UnknownAttribute:
    """Return the error for a name that the compatible session does not have."""
    hint = f" Write {PRIVATE_NAMES[name]}." if name in PRIVATE_NAMES else suggestion(name, known)
    return UnknownAttribute(f"The compatible session has no attribute {quoted(name)}.{hint}", attribute=name)
