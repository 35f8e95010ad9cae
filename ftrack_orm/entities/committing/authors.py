"""State: finding out who changed something, as far as the server keeps records of it: status changes and its event log.

Facts: a changed status of a context or a version is recorded as a `StatusChange` with user and date. `Event` is the log
behind the activity feed: `parent_id` tells what it is about, `insert` is "delete" where that was deleted, and `action`
has words with dots (`change.status.task`, `update.custom_attribute.fstart`). What is in its `data`, JSON text, is not
documented: names of what was changed, as the server's own tables call it (`statusid`), are looked for where events have
them, and a record without any tells nothing.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.entities.row_queries import send_queries
from ftrack_orm.errors import FtrackError, ServerError
from ftrack_orm.query.language.nodes import And, Membership, Ordering, Path, Select
from ftrack_orm.schema.facts import EVENT, STATUS_CHANGE
from ftrack_orm.schema.model import Schema
from ftrack_orm.wire.codec import decode
from ftrack_orm.wire.operations import ServerCall

#: So many entities are asked about, and so many records looked at: this is for an error's text, not for an audit.
_ENTITIES = 100
_RECORDS = 1_000


@attrs.frozen
class Author:
    """Who changed something, by user name, and when (None where the record does not say)."""

    username: str
    moment: datetime.datetime | None = None

    def __str__(self) -> str:
        return self.username + (f" on {self.moment:%Y-%m-%d at %H:%M:%S} UTC" if self.moment else "")


@attrs.frozen
class ObservedChange:
    """A change nobody in this session made: of which entity, what records may call it, and the status it led to.

    An entity with a longer key is named by its parts joined with commas. Without *names* the entity was deleted.
    """

    entity_id: str
    names: frozenset[str] = frozenset()
    status_id: str | None = None


def find_authors(schema: Schema, call: ServerCall, sightings: Sequence[ObservedChange]) -> list[Author | None]:
    """Return the latest author of each of *sightings*, None where the server does not tell; asks in one request.

    Never raises what asking raises: the conflict this is asked for is the news, its author is an extra.
    """
    asked = [sighting for sighting in sightings[:_ENTITIES] if sighting.entity_id]
    selects = list(_selects(schema, asked))
    records = sorted(
        (record for rows in _answers(call, selects) for record in _records(rows)),
        key=lambda record: record.author.moment or datetime.datetime.min.replace(tzinfo=datetime.timezone.utc),
        reverse=True,
    )
    return [next((record.author for record in records if record.tells(each)), None) for each in sightings]


@attrs.frozen
class _Record:
    author: Author
    entity_id: str
    names: frozenset[str] = frozenset()
    status_id: str | None = None
    is_removal: bool = False

    def tells(self, sighting: ObservedChange) -> bool:
        """Whether this is the record of a sighting."""
        if self.entity_id != sighting.entity_id:
            return False
        if not sighting.names:
            return self.is_removal
        if self.status_id is not None and self.status_id == sighting.status_id:
            return True
        return not self.names.isdisjoint(sighting.names)


def _selects(schema: Schema, asked: Sequence[ObservedChange]) -> Iterator[Select]:
    user = Path.of("user", "username")
    status_ids = dict.fromkeys(each.status_id for each in asked if each.status_id)
    if status_ids and STATUS_CHANGE in schema.types:
        changed = tuple(dict.fromkeys(each.entity_id for each in asked if each.status_id))
        yield Select(
            STATUS_CHANGE,
            (*map(Path.of, ("parent_id", "status_id", "date")), user),
            And((Membership(Path.of("parent_id"), changed), Membership(Path.of("status_id"), tuple(status_ids)))),
            order_by=(Ordering(Path.of("date"), descending=True),),
            limit=_RECORDS,
        )
    if asked and EVENT in schema.types:
        yield Select(
            EVENT,
            (*map(Path.of, ("parent_id", "insert", "action", "data", "created_at")), user),
            Membership(Path.of("parent_id"), tuple(dict.fromkeys(each.entity_id for each in asked))),
            order_by=(Ordering(Path.of("id"), descending=True),),
            limit=_RECORDS,
        )


def _answers(call: ServerCall, selects: Sequence[Select]) -> Sequence[Sequence[Mapping[str, Any]]]:
    if not selects:
        return []
    try:
        return send_queries(call, selects)
    except ServerError:
        # What may not be asked by this user must not hide the rest.
        return [rows for select in selects for rows in _answers(call, [select])] if len(selects) > 1 else []
    except FtrackError:
        return []


def _records(rows: Sequence[Mapping[str, Any]]) -> Iterator[_Record]:
    # A user's name comes with its first occurrence only (PROTOCOL 1.3).
    users = [row["user"] for row in rows if row.get("user")]
    usernames = {user["id"]: user["username"] for user in users if "username" in user}
    for row in rows:
        username = usernames.get((row.get("user") or {}).get("id"))
        if username is None:
            continue
        moment = decode(row.get("date") or row.get("created_at"))
        author = Author(username, moment if isinstance(moment, datetime.datetime) else None)
        if "status_id" in row:
            yield _Record(author, row["parent_id"], status_id=row["status_id"])
        else:
            names = frozenset((*_named_by_action(str(row.get("action"))), *_named_by_data(row.get("data"))))
            yield _Record(author, str(row["parent_id"]), names, is_removal=row.get("insert") == "delete")


def _named_by_action(action: str) -> Iterable[str]:
    """Return what the action of an event names as changed."""
    words = action.split(".")
    if words[0] == "change":
        return words[1:2]
    return words[-1:] if "custom_attribute" in words[:-1] else ()


def _named_by_data(text: Any) -> Iterable[str]:
    """Return the names of what the data of an event says was changed."""
    try:
        data = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return ()
    if not isinstance(data, Mapping):
        return ()
    changes, keys, entity = data.get("changes"), data.get("keys"), data.get("entity")
    return [
        *data,
        *(changes if isinstance(changes, Mapping) else ()),
        *(key for key in (keys if isinstance(keys, list) else ()) if isinstance(key, str)),
        *(_named_by_data(entity) if isinstance(entity, Mapping) else ()),
    ]
