"""The types that checkers infer for the public names; mypy and pyright check this file, and nothing runs it.

`test_checkers.py` runs pyright on it. mypy checks it together with all tests.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from typing_extensions import assert_type

import ftrack_orm
from ftrack_orm import (
    NOT_LOADED,
    UNSET,
    AttributeExpression,
    Cancellation,
    Change,
    ChangeSubscription,
    ChangeUser,
    Collection,
    Configuration,
    Configurations,
    CopyResult,
    CriterionExpression,
    CustomAttributes,
    CustomValues,
    Entity,
    Event,
    EventHub,
    Exchange,
    FetchMode,
    HistoryEntry,
    Identity,
    InheritedValue,
    Inspection,
    Lifecycle,
    MappedCollection,
    PathStep,
    Plan,
    Profile,
    Query,
    Receipt,
    Reference,
    Request,
    Response,
    Schema,
    ServerChange,
    ServerInformation,
    Session,
    SessionChanges,
    Settings,
    Snapshot,
    Subscriber,
    Transport,
    Types,
    Undo,
    ValueSource,
    and_,
    attr,
    errors,
    expression,
    inspect,
    not_,
    or_,
    select,
    shared_session,
)
from ftrack_orm.query.expressions.clause_elements import GroupCondition
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made


class RecordingTransport:
    """A transport of a user's own: the protocol needs no base class."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        return Response(200, {"content-type": "application/json"}, b"[]" if request.method == "POST" else b"")

    def close(self) -> None: ...


def connecting(
    fetch: Literal["peers", "one", "never"], folder: Path, proxies: Mapping[str, str], transport: Transport
) -> None:
    with Session(
        "https://studio.example.com",
        "key",
        "jane",
        schema_cache_path=folder,
        timeout=30,
        retries=0,
        proxies=proxies,
        ca_bundle=False,
        transport=RecordingTransport(),
        fetch=fetch,
        page_size=1000,
        n_plus_one="warn",
        full_event_queue="drop_oldest",
        reconnect_limit=None,
        plugin_paths=["a", folder],
    ) as session:
        assert_type(session, Session)
        assert_type(session.settings, Settings)
        assert_type(session.settings.timeout, float)
        assert_type(session.schema, Schema)
        assert_type(session.types, Types)
        assert_type(session.server_information, ServerInformation)
        assert_type(session.server_information["version"], Any)
        assert_type(session.server_information("version", "schema_hash"), dict[str, Any])
        assert_type(session.closed, bool)
        assert_type(session.profile(), Profile)
    Session(transport=transport, application_id="tool", max_requests_per_second=2.5, max_requests_in_flight=2)
    assert_type(shared_session(timeout=5), Session)
    assert_type(ftrack_orm.__version__, str)


def querying(session: Session) -> None:
    query = session.query("Task")
    assert_type(query, Query[Any])
    assert_type(query.where(name="anim").order_by("name").limit(5), Query[Any])
    assert_type(query.all(), list[Any])
    assert_type(query.count(), int)
    assert_type(query.rows("name", status="status.name"), list[tuple[Any, ...]])
    assert_type(query.rows("name", as_="dict"), list[dict[str, Any]])
    assert_type(query.to_parquet(Path("tasks.parquet"), "name", shot="parent.name", overwrite=True), int)
    assert_type(query.group_by("name").having("count(id) > 1").all(), list[dict[str, Any]])
    assert_type(session.reference("Task", "id"), Entity)
    assert_type(query.exists(), bool)
    assert_type(query.prefer("memory", on_refresh=print), Query[Any])
    assert_type(str(query), str)
    assert_type(session.search("Task", "anim"), Query[Any])
    assert_type(select("Task"), Query[Any])
    stop = Cancellation()
    assert_type(session.query("Task", timeout=5, cancellation=stop), Query[Any])
    assert_type(query.with_request_options(headers={"x": "y"}, push_token="token"), Query[Any])
    with session.request_options(timeout=5), session.begin(timeout=5) as inside:
        assert_type(inside, Session)
    assert_type(attr("status.name"), AttributeExpression)
    criterion = and_(attr("name") == "anim", or_(attr("bid") > 5, not_(attr("bid") < 1)))
    assert_type(criterion, CriterionExpression)
    assert_type(criterion | criterion, CriterionExpression)
    assert_type(expression("name is {}", "anim"), str)
    assert_type(session.get("Task", "id"), Entity | None)
    assert_type(session.get("Task", uuid.UUID(int=1)), Entity | None)
    assert_type(session.get("Metadata", ["id", "key"]), Entity | None)


class Task(Entity):
    """A class in the place of one of a studio package."""


def querying_a_class(session: Session, query: Query[Task]) -> None:
    """Results are of the class that was asked for, whatever refines the query."""
    name, bid = attr("name"), attr("bid")
    assert_type(session.query(Task), Query[Task])
    refined = query.where(name == "anim", "bid > 3", status="x").select(name, "bid").order_by(bid.desc(), "name")
    assert_type(refined.limit(5).offset(1).fetching("one").with_page_size(10).populate_existing(), Query[Task])
    assert_type(query.search("anim").prefer("memory", on_refresh=lambda tasks: print(tasks[0].name)), Query[Task])
    assert_type(query.all(), list[Task])
    assert_type(query.one(), Task)
    assert_type(query.first(), Task | None)
    assert_type(query.one_or_none(), Task | None)
    assert_type(query[0], Task)
    assert_type(query[:5], list[Task])
    assert_type([task for task in query], list[Task])  # noqa: C416
    assert_type([page for page in query.pages()], list[list[Task]])  # noqa: C416
    assert_type(next(query.walk(after=query.one())), Task)
    assert_type(query.group_by(name, state="status.name").having(name.count() > 3), Query[dict[str, Any]])
    assert_type(session.all(query, query), list[list[Task]])
    assert_type(session.all(Task, "Status"), list[list[Any]])
    assert_type(session.query(query), Query[Task])
    assert_type(session.search(Task, "anim"), Query[Task])
    assert_type(session.get(Task, "id"), Task | None)
    assert_type(select(Task), Query[Task])
    assert_type(query.rows(name, bid=bid), list[tuple[Any, ...]])


def joining_criteria(criterion: CriterionExpression) -> None:
    condition = attr("id").count() > 3
    assert_type(condition, GroupCondition)
    assert_type(and_(condition, criterion), GroupCondition)
    assert_type(condition & criterion, GroupCondition)
    assert_type(criterion | condition, GroupCondition)
    assert_type(~condition, GroupCondition)
    assert_type(attr("bid").in_([1, 2]), CriterionExpression)
    assert_type(or_(criterion, criterion), CriterionExpression)
    assert_type(not_(criterion), CriterionExpression)
    assert_type(attr("assignments").any(criterion, "resource.id is x", type="assignment"), CriterionExpression)


def loading(session: Session, task: Entity, tasks: list[Entity | None]) -> None:
    session.populate(tasks, "status.name", attr("parent.name"))
    session.refresh(task, "name", attr("bid"))
    assert_type("name" in task, bool)
    assert_type(session.snapshot(task), Snapshot)
    assert_type(session.snapshot([task], "status.name"), tuple[Snapshot, ...])
    assert_type(session.snapshot(task).name, Any)


def changing(session: Session, task: Entity) -> None:
    assert_type(session.create("Task", name="anim"), Entity)
    assert_type(session.ensure("User", {"username": "jane"}, identifying_keys=["username"]), Entity)
    assert_type(session.ensure_many("User", [{"username": "jane"}], ["username"]), list[Entity])
    assert_type(session.created, list[Entity])
    assert_type(session.changes(), SessionChanges)
    assert_type(session.plan(), Plan)
    assert_type(session.plan().as_json(), list[dict[str, Any]])
    assert_type(session.commit(batch_size=100, on_conflict="raise"), Receipt)
    assert_type(session.commit() + 1, int)
    assert_type(session.commit().undo(), Undo)
    assert_type(session.commit().undo().commit(), Receipt)
    assert_type(session.history(task, attributes=["name"]), list[HistoryEntry])
    with session.begin() as inner:
        assert_type(inner, Session)
        task.name = "comp"
        task["name"] = "comp"


def copying(session: Session, other: Session, shot: Entity, project: Entity) -> None:
    result = session.copy(shot, project, include=["tasks"], values={"name": "sh020"}, to=other, missing="skip")
    assert_type(result, CopyResult)
    assert_type(result[shot], str)
    assert_type(result.entity, Entity)
    assert_type((result.created, result.left_out), tuple[int, tuple[str, ...]])
    session.copy(shot, include="all", batch_size=500, on_progress=lambda done, total: None)
    session.copy(shot, missing="drop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def reading_custom_values(session: Session, shot: Entity) -> None:
    table = session.custom_values([shot], "fstart")
    assert_type(table, CustomValues)
    assert_type(table[shot], Mapping[str, Any])
    assert_type(table.source(shot, "fstart"), InheritedValue)
    assert_type(table.rows(), list[dict[str, Any]])
    assert_type(session.custom_values(shot).columns, tuple[str, ...])


def inspecting(task: Entity) -> None:
    view = inspect(task)
    assert_type(view.path, str)
    assert_type(view.breadcrumb, tuple[PathStep, ...])
    assert_type(view.url, "str | None")
    assert_type(view, Inspection)
    assert_type(view.state, Lifecycle)
    assert_type(view.changes, Mapping[str, Change])
    assert_type(view.identity, Identity)
    assert_type(view.reference, Reference)
    for change in view.changes.values():
        if change.old is not NOT_LOADED and change.new is not UNSET:
            print(change)


def reading_collections(children: Collection, metadata: MappedCollection, custom: CustomAttributes) -> None:
    assert_type(children[0], Entity)
    assert_type(children[1:], list[Entity])
    metadata["reviewed"] = "yes"
    value = custom.get("fstart", inherited=True)
    if isinstance(value, InheritedValue):
        assert_type(value.source, ValueSource)


def configurations_of(session: Session) -> Sequence[Configuration]:
    assert_type(session.configurations, Configurations)
    assert_type(FetchMode("peers"), FetchMode)
    return [*session.configurations]


def listening(session: Session) -> None:
    hub = session.event_hub
    assert_type(hub, EventHub)
    identifier = hub.subscribe("topic=ftrack.update", print)
    assert_type(identifier, str)
    assert_type(hub.get_subscriber_by_identifier(identifier), Subscriber | None)
    event = Event("studio.done", {"id": 1})
    hub.publish(event)
    assert_type(hub.publish_and_wait_for_reply(event, timeout=5), Event)

    @hub.on("topic=studio.done")
    def done(event: Event) -> None:
        print(event.topic)

    done(event)

    def changed(entity: Entity, names: frozenset[str]) -> None:
        print(entity, names)

    assert_type(session.on_change("Task", changed, attributes=["status"]), ChangeSubscription)

    @session.on_change("Task", attributes=["status"])
    def status_changed(change: ServerChange) -> None:
        assert_type(change.names, frozenset[str])
        assert_type(change.old, Mapping[str, Any])
        assert_type(change.user, ChangeUser)
        assert_type(change.by_me, bool)
        assert_type(change.event, Event)

    assert_type(session.on_change("Task", status_changed), ChangeSubscription)


def observing(exchange: Exchange) -> None:
    assert_type(exchange.seconds, float)


def calling(session: Session) -> None:
    session.observe(observing)
    cancellation = Cancellation()
    try:
        assert_type(session.call([{"action": "query_server_information"}], cancellation=cancellation), list[Any])
    except errors.TransportError as error:
        assert_type(error.safe_to_retry, bool)
    except errors.ServerError as error:
        assert_type(error.error_code, str | None)


def testing() -> None:
    with Sandbox(seed="empty") as box, Session(box.url, box.api_key, box.api_user) as session:
        assert_type(box.url, str)
        with requests_made(session) == 1:
            session.query("Task").all()
