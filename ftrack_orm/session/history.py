"""Edge: the history of entities: who changed which attributes when, from the records that the server keeps.

Protocol facts: `Event` is the log behind the activity feed, and a changed status of a context or a version is recorded
as a `StatusChange` too. The content of `Event.data` on real servers is not documented: records in the form of events
are read completely, and of others the names of the changed attributes as far as they contain any.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from ftrack_orm.entities.committing.authors import names_in_action, names_in_data
from ftrack_orm.entities.custom_attributes.configurations import Configurations
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_each
from ftrack_orm.errors import FtrackError, InvalidValue, UnknownAttribute, quoted, suggestion
from ftrack_orm.events.changed_values import ValueChange, value_changes
from ftrack_orm.events.update_entry import EntityTypes, UpdateEntry
from ftrack_orm.query.language.literals import as_scalar
from ftrack_orm.query.language.nodes import And, Comparison, Criterion, Membership, Operator, Ordering, Path, Select
from ftrack_orm.schema.facts import EVENT, STATUS_CHANGE
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.codec import decode

from .change_values import ChangedValues, entities_of
from .server_change import ChangeUser, LazyValues

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

_ACTIONS: Final[Mapping[str, str]] = {"insert": "create", "delete": "delete"}
_EVENT_ACTIONS: Final[Mapping[str, str]] = {"create": "add", "delete": "remove", "update": "update"}
#: The records of one change may be written one second after the other.
_SAME_CHANGE: Final = datetime.timedelta(seconds=2)


@attrs.frozen(eq=False)
class HistoryEntry:
    """One recorded change of *entity*, made by *user* at *time* (None where the record does not state it).

    *action* is `"create"`, `"update"` or `"delete"`. *names* are the changed attributes, and the keys of changed custom
    attributes. A reference and its key (`status` and `status_id`) both count as changed. *old* and *new* hold the
    values before and after the change, `NOT_LOADED` where the server did not record them.
    """

    entity: Any
    action: str
    names: tuple[str, ...]
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    user: ChangeUser
    time: datetime.datetime | None

    def __str__(self) -> str:
        moment = f"{self.time:%Y-%m-%d %H:%M:%S} UTC" if self.time is not None else "at an unknown time"
        return f"{moment}: {self.user.username or 'an unknown user'} {self.action}: {', '.join(self.names)}"


def read_history(
    workspace: Workspace,
    call: ServerCall,
    entities: Iterable[Entity],
    attributes: Iterable[str] | None,
    since: datetime.datetime | None,
) -> list[HistoryEntry]:
    """Return the recorded changes of *entities*, the oldest first, see `Session.history`."""
    workspace.check_open("The history cannot be read")
    listed = list(dict.fromkeys(entities))
    for entity in listed:
        if not isinstance(entity, Entity) or entity._ftrack_state.workspace is not workspace:
            raise InvalidValue(f"session.history takes entities of this session, not {quoted(entity)}.")
    if since is not None and since.utcoffset() is None:
        raise InvalidValue(
            f"since must have a timezone, unlike {since!r}. Use datetime.now(timezone.utc), for example."
        )
    names = None if attributes is None else _checked_names(workspace, listed, attributes)
    known = {
        ",".join(each._ftrack_state.key): each
        for each in listed
        if each._ftrack_state.lifecycle in (Lifecycle.PERSISTENT, Lifecycle.DELETED)
    }
    if not known:
        return []
    reader = _Reader(workspace, call, known, names)
    return reader.read(since)


def _checked_names(workspace: Workspace, entities: Sequence[Entity], attributes: Iterable[str]) -> frozenset[str]:
    names = [attributes] if isinstance(attributes, str) else list(attributes)
    configurations = workspace.configurations
    assert isinstance(configurations, Configurations)
    for kind in dict.fromkeys(entity.__schema__ for entity in entities):
        for name in names:
            attribute = kind.attributes.get(name)
            if attribute is not None and attribute.is_plural:
                raise InvalidValue(
                    f"The server records no history of {kind.name}.{name}. The keys of custom attributes can be given "
                    "as names.",
                    entity_type=kind.name,
                    attribute=name,
                )
            if attribute is None and name not in {each.key for each in configurations}:
                keys = [*kind.attributes, *(each.key for each in configurations)]
                raise UnknownAttribute(
                    f"{kind.name} has no attribute {name!r}, and no custom attribute has that key."
                    f"{suggestion(str(name), keys)}",
                    entity_type=kind.name,
                    attribute=str(name),
                )
    return frozenset(names)


@attrs.frozen
class _Record:
    """A record that was read: the entity, the change of its attributes, and who made it when."""

    entity: Entity
    action: str
    changes: Mapping[str, ValueChange]
    unknown: tuple[str, ...]
    user: ChangeUser
    time: datetime.datetime | None


class _Reader:
    """Reads the records of *entities*, by their ids, and makes entries of the changes of *names*."""

    def __init__(
        self, workspace: Workspace, call: ServerCall, entities: Mapping[str, Entity], names: frozenset[str] | None
    ) -> None:
        self._workspace = workspace
        self._schema: Schema = workspace.schema
        self._call = call
        self._entities = entities
        self._names = names
        self._types = EntityTypes(self._schema)

    def read(self, since: datetime.datetime | None) -> list[HistoryEntry]:
        selects = [*self._event_selects(since), *self._status_selects(since)]
        rows = [list(each) for each in query_each(self._call, selects, self._schema)] if selects else []
        users = _users(row for part in rows for row in part)
        records: list[_Record] = []
        for select, part in zip(selects, rows, strict=True):
            make = self._event_record if select.entity_type == EVENT else self._status_record
            records += [record for row in part if (record := make(row, users, records)) is not None]
        oldest = datetime.datetime.min.replace(tzinfo=datetime.timezone.utc)
        records.sort(key=lambda record: record.time or oldest)
        self._load_related(records)
        return [entry for record in records if (entry := self._entry(record)) is not None]

    # -- queries -------------------------------------------------------------------------------------------------------

    def _event_selects(self, since: datetime.datetime | None) -> Iterator[Select]:
        if EVENT in self._schema.types:
            paths = map(Path.of, ("parent_id", "insert", "action", "data", "created_at"))
            yield from self._selects(EVENT, (*paths, *_USER_PATHS), "created_at", list(self._entities), since)

    def _status_selects(self, since: datetime.datetime | None) -> Iterator[Select]:
        """Yield the queries for changes of statuses, if these are asked for."""
        kind = self._schema.types.get(STATUS_CHANGE)
        if kind is None or (self._names is not None and self._names.isdisjoint(("status", "status_id"))):
            return
        ids = [id_ for id_, entity in self._entities.items() if "status_changes" in entity.__schema__.attributes]
        names = [name for name in ("parent_id", "from_status_id", "status_id", "date") if name in kind.attributes]
        yield from self._selects(STATUS_CHANGE, (*map(Path.of, names), *_USER_PATHS), "date", ids, since)

    def _selects(
        self,
        entity_type: str,
        paths: tuple[Path, ...],
        time_name: str,
        ids: Sequence[str],
        since: datetime.datetime | None,
    ) -> Iterator[Select]:
        for part in in_parts(ids, IDS_PER_QUERY):
            criterion: Criterion = Membership(Path.of("parent_id"), tuple(part))
            if since is not None:
                moment = as_scalar(since, time_name)
                criterion = And((criterion, Comparison(Path.of(time_name), Operator.GREATER_OR_EQUAL, moment)))
            order = (Ordering(Path.of(time_name)), Ordering(Path.of("id")))
            yield Select(entity_type, paths, criterion, order_by=order)

    # -- records -------------------------------------------------------------------------------------------------------

    def _event_record(
        self, row: Mapping[str, Any], users: Mapping[str, ChangeUser], earlier: Sequence[_Record]
    ) -> _Record | None:
        entity = self._entities.get(str(row.get("parent_id")))
        if entity is None:
            return None
        action = _ACTIONS.get(str(row.get("insert")), "update")
        entry, names = self._entry_in(row, action)
        changes = value_changes(self._schema, entity.__schema__, entry)
        aliases = {each.alias: each.name for each in entity.__schema__.attributes.values() if each.alias}
        unknown = dict.fromkeys(aliases.get(name, name) for name in names)
        return _Record(
            entity,
            action,
            changes,
            tuple(name for name in unknown if name not in changes and name in entity.__schema__.attributes),
            _user_in(row, users),
            _time(row.get("created_at")),
        )

    def _entry_in(self, row: Mapping[str, Any], action: str) -> tuple[UpdateEntry, list[str]]:
        """Return the entry of an event that a record has, and the names of attributes whose values it may lack."""
        text = row.get("data")
        try:
            data = json.loads(text) if isinstance(text, str) else text
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, Mapping) and isinstance(data.get("entity"), Mapping):
            entry = UpdateEntry(data["entity"], self._types)
            return entry, list(entry.names)
        content = data if isinstance(data, Mapping) else {}
        changes = content.get("changes")
        found = {
            name: each
            for name, each in (changes if isinstance(changes, Mapping) else content).items()
            if isinstance(each, Mapping) and not each.keys().isdisjoint(("old", "new"))
        }
        names = [*names_in_action(str(row.get("action"))), *names_in_data(text)]
        return UpdateEntry({"action": _EVENT_ACTIONS[action], "changes": found}, self._types), names

    def _status_record(
        self, row: Mapping[str, Any], users: Mapping[str, ChangeUser], earlier: Sequence[_Record]
    ) -> _Record | None:
        entity = self._entities.get(str(row.get("parent_id")))
        if entity is None or "status_id" not in entity.__schema__.attributes:
            return None
        time, status_id = _time(row.get("date")), row.get("status_id")
        for record in earlier:
            change = record.changes.get("status_id")
            is_recorded = record.entity is entity and change is not None and change.new == status_id
            if is_recorded and time is not None and record.time is not None and abs(record.time - time) < _SAME_CHANGE:
                return None
        attribute = entity.__schema__.attributes["status_id"]
        change = ValueChange(attribute, row.get("from_status_id", NOT_LOADED), status_id)
        return _Record(entity, "update", {"status_id": change}, (), _user_in(row, users), time)

    # -- entries -------------------------------------------------------------------------------------------------------

    def _load_related(self, records: Sequence[_Record]) -> None:
        """Load the entities that changed references lead to, of each type in one request, and keep them."""
        ids: dict[str, dict[str, None]] = {}
        for record in records:
            for key, change in record.changes.items():
                for name in record.entity.__schema__.keyed_references.get(key, ()):
                    if self._names is not None and name in self._names:
                        target = str(record.entity.__schema__.attributes[name].target)
                        values = (each for each in (change.old, change.new) if isinstance(each, str) and each)
                        ids.setdefault(target, {}).update(dict.fromkeys(values))
        self._related = [entities_of(self._workspace, target, each) for target, each in ids.items()]

    def _entry(self, record: _Record) -> HistoryEntry | None:
        values = ChangedValues(self._workspace, record.entity, record.changes)
        references = record.entity.__schema__.keyed_references
        unknown = [*record.unknown, *(name for key in record.unknown for name in references.get(key, ()))]
        names = [name for name in dict.fromkeys((*values.new, *unknown)) if self._names is None or name in self._names]
        if not names and (record.action == "update" or self._names is not None):
            return None
        old, new = (_Values(names, side, frozenset(unknown)) for side in (values.old, values.new))
        if self._names is not None:
            for name in names:
                old[name], new[name]
        return HistoryEntry(record.entity, record.action, tuple(names), old, new, record.user, record.time)


class _Values(LazyValues):
    """The values of *names* in *side*, `NOT_LOADED` for those *unknown*."""

    def __init__(self, names: Sequence[str], side: Mapping[str, Any], unknown: frozenset[str]) -> None:
        super().__init__(names, lambda name: NOT_LOADED if name in unknown else side[name])


_USER_PATHS: Final = tuple(Path.of("user", name) for name in ("id", "username", "first_name", "last_name"))


def _users(rows: Iterable[Mapping[str, Any]]) -> dict[str, ChangeUser]:
    """Return the users in *rows* by id: their names come only with the first occurrence (PROTOCOL 1.3)."""
    users: dict[str, ChangeUser] = {}
    for row in rows:
        user = row.get("user")
        if isinstance(user, Mapping) and "username" in user:
            names = (user.get("first_name"), user.get("last_name"))
            name = " ".join(each for each in names if isinstance(each, str) and each)
            users.setdefault(str(user.get("id")), ChangeUser(str(user.get("id")), user["username"], name or None))
    return users


def _user_in(row: Mapping[str, Any], users: Mapping[str, ChangeUser]) -> ChangeUser:
    user = row.get("user")
    id_ = str(user["id"]) if isinstance(user, Mapping) and user.get("id") else None
    return users.get(id_ or "", ChangeUser(id_))


def _time(value: Any) -> datetime.datetime | None:
    try:
        moment = decode(value)
    except FtrackError:
        return None
    return moment if isinstance(moment, datetime.datetime) else None
