"""State: finding the users who changed something, from the records the server keeps: status changes and its event log.

Protocol facts: a changed status of a context or a version is recorded as a `StatusChange` with user and date. `Event`
is the log behind the activity feed: `parent_id` is the id of the changed entity, `insert` is "delete" where that was
deleted, and `action` has words with dots (`change.status.task`, `update.custom_attribute.fstart`). The content of its
`data`, JSON text, is not documented. Names of changed attributes, as the server's own tables call them (`statusid`),
are searched in the places where events have them; a record without any of the names does not match.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.row_queries import checked_queries
from ftrack_orm.errors import FtrackError, ServerError
from ftrack_orm.query.language.nodes import And, Membership, Ordering, Path, Select
from ftrack_orm.schema.facts import EVENT, STATUS_CHANGE
from ftrack_orm.wire.codec import decode

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

# The result is part of an error's text and not an audit, so the search is bounded.
MAX_ENTITIES = 100
MAX_RECORDS = 1_000


@attrs.frozen
class Author:
    """The user who made a change, by name, and the time of the change, None where the record has no time."""

    username: str
    moment: datetime.datetime | None = None

    def __str__(self) -> str:
        return self.username + (f" on {self.moment:%Y-%m-%d at %H:%M:%S} UTC" if self.moment else "")


@attrs.frozen
class ObservedChange:
    """A change that was not made by this session: the id of the entity, and the names records may have for it.

    An entity with a composite key is identified by the key's parts joined with commas. Without *names* the entity was
    deleted. *status_id* is the new status if the change was one of the status.
    """

    entity_id: str
    names: frozenset[str] = frozenset()
    status_id: str | None = None


def find_authors(schema: Schema, call: ServerCall, changes: Sequence[ObservedChange]) -> list[Author | None]:
    """Return the latest author of each of *changes*, None where the server has no record of it, in one request.

    Errors of the request are not raised: the author is additional information in the error about a conflict.
    """
    selects = list(_selects(schema, [change for change in changes[:MAX_ENTITIES] if change.entity_id]))
    records = sorted(
        (record for rows in _query(call, selects, schema) for record in _records(rows)),
        key=lambda record: record.author.moment or datetime.datetime.min.replace(tzinfo=datetime.timezone.utc),
        reverse=True,
    )
    return [next((record.author for record in records if record.matches(change)), None) for change in changes]


@attrs.frozen
class _Record:
    author: Author
    entity_id: str
    names: frozenset[str] = frozenset()
    status_id: str | None = None
    is_removal: bool = False

    def matches(self, change: ObservedChange) -> bool:
        """Whether this is a record of *change*."""
        if self.entity_id != change.entity_id:
            return False
        if not change.names:
            return self.is_removal
        if self.status_id is not None and self.status_id == change.status_id:
            return True
        return not self.names.isdisjoint(change.names)


def _selects(schema: Schema, changes: Sequence[ObservedChange]) -> Iterator[Select]:
    user = Path.of("user", "username")
    status_ids = dict.fromkeys(change.status_id for change in changes if change.status_id)
    if status_ids and STATUS_CHANGE in schema.types:
        entity_ids = tuple(dict.fromkeys(change.entity_id for change in changes if change.status_id))
        yield Select(
            STATUS_CHANGE,
            (*map(Path.of, ("parent_id", "status_id", "date")), user),
            And((Membership(Path.of("parent_id"), entity_ids), Membership(Path.of("status_id"), tuple(status_ids)))),
            order_by=(Ordering(Path.of("date"), descending=True),),
            limit=MAX_RECORDS,
        )
    if changes and EVENT in schema.types:
        yield Select(
            EVENT,
            (*map(Path.of, ("parent_id", "insert", "action", "data", "created_at")), user),
            Membership(Path.of("parent_id"), tuple(dict.fromkeys(change.entity_id for change in changes))),
            order_by=(Ordering(Path.of("id"), descending=True),),
            limit=MAX_RECORDS,
        )


def _query(call: ServerCall, selects: Sequence[Select], schema: Schema) -> Sequence[Sequence[Mapping[str, Any]]]:
    """Return the rows of each of *selects*; selects that fail are left out."""
    if not selects:
        return []
    try:
        return checked_queries(call, selects, schema)
    except ServerError:
        # This user may lack the permission to read one kind of record, which must not hide the other.
        return [rows for select in selects for rows in _query(call, [select], schema)] if len(selects) > 1 else []
    except FtrackError:
        return []


def _records(rows: Sequence[Mapping[str, Any]]) -> Iterator[_Record]:
    # The name of a user comes only with the first occurrence (PROTOCOL 1.3).
    users = [row["user"] for row in rows if row.get("user")]
    usernames = {user.get("id"): user["username"] for user in users if "username" in user}
    for row in rows:
        username = usernames.get((row.get("user") or {}).get("id"))
        if username is None:
            continue
        moment = decode(row.get("date") or row.get("created_at"))
        author = Author(username, moment if isinstance(moment, datetime.datetime) else None)
        if "status_id" in row:
            yield _Record(author, str(row.get("parent_id")), status_id=row["status_id"])
        else:
            names = frozenset((*names_in_action(str(row.get("action"))), *names_in_data(row.get("data"))))
            yield _Record(author, str(row.get("parent_id")), names, is_removal=row.get("insert") == "delete")


def names_in_action(action: str) -> Iterable[str]:
    """Return the names of changed attributes in the action of an event."""
    words = action.split(".")
    if words[0] == "change":
        return words[1:2]
    return words[-1:] if "custom_attribute" in words[:-1] else ()


def names_in_data(text: Any) -> Iterable[str]:
    """Return the names of changed attributes in the data of an event."""
    try:
        data = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return ()
    if not isinstance(data, Mapping):
        return ()
    changes, keys, entity = data.get("changes"), data.get("keys"), data.get("entity")
    return [
        *data,
        *(changes if isinstance(changes, Mapping) else ()),
        *(key for key in (keys if isinstance(keys, list) else ()) if isinstance(key, str)),
        *(names_in_data({**entity, "entity": None}) if isinstance(entity, Mapping) else ()),
    ]
