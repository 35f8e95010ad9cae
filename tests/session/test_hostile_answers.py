"""Mutated answers: each gives a result or an error of the library, changes nothing if it is refused, and is survived.

The answers of the embedded server are recorded once. A session then reads them with one mutation, and without one. The
seeds are fixed, so a failure repeats. It shows the number of the mutation.
"""

from __future__ import annotations

import copy
import json
import random
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.tracked import Tracked, content_of
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.transport.in_process import InProcess
from tests.custom_attributes import Configure
from tests.mutations import damage_value
from tests.production import Production
from tests.property_settings import examples

#: The longest text of an error about an answer. The texts of servers are cut to 2,000 characters.
MAX_ERROR_LENGTH = 5_000

#: Replaced in the JSON by content that `json.dumps` cannot write.
SPECIAL = {
    b'"DEEP"': b"[" * 900 + b"]" * 900,
    b'"DEEPER"': b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    b'"DIGITS"': b"9" * 5_000,
    b'"LONG NUMBER"': b"9" * 4_000,
    b'"ENTITIES"': b'{"__entity_type__":"Task","id":"deep","parent":' * 200 + b"null" + b"}" * 200,
}
#: Values of all types of JSON.
WRONG_VALUES: list[Any] = [None, True, 5, 1.5, "text", [], ["x"], {}, {"x": 1}, {"__entity_type__": 5}]
#: Keys that Python or the library use.
KEYS = ("__dict__", "mro", "__class__", "_ftrack_state", "__schema__", "__init__", "items", "unknown", "\ud800", "")


class Peer:
    """The embedded server as seen by the sessions of a test. It answers equal requests with the recorded answer.

    *damage*, if it is set, changes the answers of the next requests.
    """

    def __init__(self, box: Sandbox, schema_cache: Path) -> None:
        self._box = box
        self._schema_cache = schema_cache
        self._answers: dict[bytes, list[Any]] = {}
        self.damage: Callable[[list[Any]], bytes] | None = None
        self._session = self.connect()
        self._session.types["Task"]

    def connect(self) -> Session:
        return Session(
            self._box.url, self._box.api_key, self._box.api_user, transport=InProcess(self._handle),
            schema_cache_path=self._schema_cache, page_size=5,
        )  # fmt: skip

    def _handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        if body not in self._answers:
            request = urllib.request.Request(f"{self._box.url}{path}", body, dict(headers), method=method)
            try:
                with urllib.request.urlopen(request) as response:
                    self._answers[body] = json.load(response)
            except urllib.error.HTTPError as error:
                # A request that follows from a mutated answer.
                return error.code, "application/json", error.read()
        answer = self._answers[body]
        # Schemas have a test of their own, which is faster.
        is_handshake = b"query_schemas" in body
        content = json.dumps(answer).encode() if self.damage is None or is_handshake else self.damage(answer)
        return 200, "application/json", content


def damaged(answer: list[Any], chance: random.Random) -> bytes:
    """Return *answer* as JSON with one place changed at any level, or a few."""
    kind = chance.randrange(8)
    if kind < 5:
        value = damage_value(answer, chance)
    else:
        value = copy.deepcopy(answer)
        container, key = chance.choice(places(value))
        if kind == 5:
            container[key] = chance.choice([*SPECIAL])[1:-1].decode()
        elif kind == 6 and isinstance(container[key], dict):
            container[key][chance.choice(KEYS)] = chance.choice([{}, [], 5, "x", None, "DEEP"])
        else:
            container[key] = "0000-00-00 00:00:00"
    content = json.dumps(value).encode()
    for name, special in SPECIAL.items():
        content = content.replace(name, special)
    return content


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return each place in a JSON value as its container and key."""
    found: list[tuple[Any, Any]] = []
    pending = [value]
    while pending:
        container = pending.pop()
        for key in list(container) if isinstance(container, dict) else range(len(container)):
            found.append((container, key))
            if isinstance(container[key], (dict, list)):
                pending.append(container[key])
    return found


def plain(value: Any) -> Any:
    """Return a loaded value in a form that sessions have in common. Makes no request."""
    if isinstance(value, Entity):
        return value.__entity_type__, value._ftrack_state.key
    if isinstance(value, Tracked):
        content = None if value._is_stale else content_of(value)
        return [plain(item) for item in content] if isinstance(content, list) else repr(content)
    return repr(value) if isinstance(value, float) else value


def shown(entity: Any, *paths: str) -> list[Any]:
    """Return the values of *entity* at some paths, loading those that are missing."""
    values = []
    for path in paths:
        value = entity
        for name in path.split("."):
            value = value[name] if isinstance(value, Entity) else None
        values.append(dict(value) if isinstance(value, Mapping) else plain(value))
    return values


def entities_of(session: Session) -> list[Entity]:
    return list(session._parts.workspace.identities)


def values_of(session: Session) -> dict[Any, dict[str, Any]]:
    """Return the loaded values of all entities of a session."""
    return {
        id(entity): {name: plain(each) for name, each in entity.__dict__.items()} for entity in entities_of(session)
    }


PATHS = (
    "name", "bid", "end_date", "status.name", "status.state.short", "parent.name", "parent.parent.name", "metadata",
    "custom_attributes", "assignments", "link", "type.is_billable",
)  # fmt: skip
SELECTED = ", ".join((*PATHS, "assignments.resource.username"))


def reading_steps(production: Production) -> dict[str, Callable[[Session], Any]]:
    """Return the ways to read, each of which returns values that all sessions have in common."""
    where = f'project_id is "{production.project}" order by name'

    def lazy(session: Session) -> Any:
        task = session.query(f"select id from Task where {where}").first()
        if task is None:
            return None
        siblings = sorted(shown(each, "name", "id") for each in task["parent"]["children"])
        return [*shown(task, "name", "bid", "status", "project.name"), siblings]

    def configured(session: Session) -> Any:
        session.configurations.refresh()
        task = session.query(f"select custom_attributes from Task where {where}").first()
        if task is None:
            return None
        mapping = task["custom_attributes"]
        return {key: str(mapping.get(key, inherited=True)) for key in mapping}

    return {
        "query": lambda session: [
            shown(task, *PATHS) for task in session.query(f"select {SELECTED} from Task where {where}").all()
        ],
        "get": lambda session: shown(session.get("Shot", production.shots[0]), "name", "parent.name", "created_at"),
        "lazy": lazy,
        "dicts": lambda session: list(session.query(f"select {SELECTED} from Task where {where}").dicts()),
        "call": lambda session: repr(
            session.call([{"action": "query", "expression": f"select {SELECTED} from Task where {where}"}])
        ),
        "search": lambda session: [shown(each, "id") for each in session.query("Task").search("task").limit(5)],
        "walk": lambda session: len(list(session.query(f'Task where project_id is "{production.project}"').walk())),
        "count": lambda session: session.query(f'Task where project_id is "{production.project}"').count(),
        "custom attributes": configured,
    }


def prepare(session: Session, production: Production, configure: Configure) -> None:
    """Give the tasks of the production values of all kinds."""
    key = configure("grade", "text", default="dark")
    configure("stages", "enumerator", config={"multiSelect": True, "data": '[{"menu": "A", "value": "a"}]'})
    user = session.query("User").first()
    for task in session.query("Task").where(project_id=production.project).all():
        task["metadata"]["take"] = "one"
        task["custom_attributes"][key] = "light"
        session.create("Appointment", context=task, resource=user, type="assignment")
    session.commit()


def test_mutated_answers_give_a_result_or_an_error_and_are_survived(
    box: Sandbox, session: Session, production: Production, configure: Configure, schema_cache: Path
) -> None:
    prepare(session, production, configure)
    peer = Peer(box, schema_cache)
    steps = reading_steps(production)
    expected = {}
    for name, step in steps.items():
        with peer.connect() as fresh:
            expected[name] = step(fresh)
    chance = random.Random(13)
    outcomes = {"refused": 0, "accepted": 0}
    names = list(steps)
    user = peer.connect()
    for number in range(examples(400, 20_000)):
        name = chance.choice(names)
        step = steps[name]
        before = values_of(user)
        requests, refusal = 0, ""

        def damage(answer: list[Any]) -> bytes:
            nonlocal requests
            requests += 1
            return damaged(answer, chance) if requests == 1 else json.dumps(answer).encode()

        peer.damage = damage
        try:
            step(user)
        except errors.FtrackError as error:
            assert len(str(error)) < MAX_ERROR_LENGTH, (number, name)
            refusal = str(error)
            is_refused = requests == 1 and isinstance(error, errors.ProtocolError)
        except Exception as error:
            raise AssertionError(f"mutation {number} of {name}") from error
        else:
            is_refused = False
        finally:
            peer.damage = None
        for entity in entities_of(user):
            assert entity.__dict__.keys() <= entity.__schema__.attributes.keys(), (number, name)
        if is_refused:
            outcomes["refused"] += 1
            after = values_of(user)
            changed = {
                (name, attribute): (value, after[key].get(attribute))
                for key in before.keys() & after.keys()
                for attribute, value in before[key].items()
                if after[key].get(attribute) != value
            }
            assert not changed, (number, name, refusal)
        else:
            outcomes["accepted"] += 1
            if name not in ("dicts", "call", "count"):
                # Its values are those of the mutated answer, so another session has to read the good ones.
                user = peer.connect()
        if is_refused or number % 10 == 0:
            assert step(user) == expected[name], (number, name)
    assert min(outcomes.values()) > 100, outcomes


def test_a_value_of_another_type_is_accepted_or_an_error_with_entity_type_and_attribute(
    box: Sandbox, session: Session, production: Production, configure: Configure, schema_cache: Path
) -> None:
    prepare(session, production, configure)
    peer = Peer(box, schema_cache)
    expression = f'select {SELECTED} from Task where project_id is "{production.project}" order by name limit 2'
    with peer.connect() as user:
        expected = [shown(task, *PATHS) for task in user.query(expression).all()]
    with peer.connect() as user:
        user.query(expression).all()
        (answer,) = [each for body, each in peer._answers.items() if b"limit 2" in body]
    rows = [(row, name) for row, name in places(answer) if isinstance(row, dict) and "__entity_type__" in row]
    user = peer.connect()
    chance = random.Random(16)
    refused = 0
    for row, name in rows:
        original = row[name]
        for wrong in chance.sample(WRONG_VALUES, examples(2, len(WRONG_VALUES))):
            row[name] = wrong
            try:
                user.query(expression).all()
            except errors.ProtocolError as error:
                refused += 1
                assert "without entity type or key" in str(error) or error.attribute in (
                    name,
                    "metadata",
                    "custom_attributes",
                ), error
                assert error.entity_type in (None, row["__entity_type__"], "Task") or name == "__entity_type__"
            except errors.UnknownEntityType:
                assert name == "__entity_type__"
            else:
                user = peer.connect()
            row[name] = original
        assert [shown(task, *PATHS) for task in user.query(expression).all()] == expected
    assert refused > len(rows) / 2


def test_mutated_answers_to_commits_give_a_result_or_an_error_and_the_session_goes_on(
    box: Sandbox, production: Production, schema_cache: Path
) -> None:
    peer = Peer(box, schema_cache)
    chance = random.Random(14)
    for number in range(examples(40, 1_000)):
        with peer.connect() as user:
            task = user.get("Task", production.tasks[number % 3])
            assert task is not None
            task["name"], task["bid"] = f"renamed {number % 2}", number % 5
            requests = 0

            def damage(answer: list[Any]) -> bytes:
                nonlocal requests
                requests += 1
                return damaged(answer, chance) if requests == 1 else json.dumps(answer).encode()

            peer.damage = damage
            try:
                user.commit()
            except errors.FtrackError as error:
                assert len(str(error)) < MAX_ERROR_LENGTH, number
            except Exception as error:
                raise AssertionError(f"mutation {number}") from error
            finally:
                peer.damage = None
            user.rollback()
            assert task.__dict__.keys() <= task.__schema__.attributes.keys()
            user.refresh(task)


def test_mutated_server_information_gives_a_result_or_an_error(box: Sandbox, schema_cache: Path) -> None:
    peer = Peer(box, schema_cache)
    with peer.connect() as user:
        information = dict(user.server_information)
    chance = random.Random(15)
    for number in range(examples(150, 20_000)):
        content = damaged([information], chance)

        def handle(*_: Any, content: bytes = content) -> tuple[int, str, bytes]:
            return 200, "application/json", content

        with Session("https://s.test", "key", "user", transport=InProcess(handle), schema_cache_path=False) as user:
            try:
                user.call([{"action": "query_server_information"}])
            except errors.FtrackError as error:
                assert len(str(error)) < MAX_ERROR_LENGTH, number
