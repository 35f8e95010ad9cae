"""Configurations are read once, and again when a key or an option is missing."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Cancellation, Request, Response, Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure, create_configuration
from tests.entities.custom_attributes.configs import ONE_OF
from tests.fakes.transports import ForwardingTransport
from tests.production import Connect, Production, create_production

UTC = datetime.timezone.utc


def test_configurations_are_read_once_and_in_one_request(
    session: Session, production: Production, configure: Configure
) -> None:
    first, second = configure("one", "number", 1), configure("two", "text", "x")
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    with requests_made(session) == 2:  # the values, and the configurations
        for task in tasks:
            task.custom_attributes[first] = 2
            task.custom_attributes[second] = "y"
    assert session.commit() == 24


def test_a_key_configured_meanwhile_is_found_for_all_peers(
    session: Session, production: Production, configure: Configure
) -> None:
    configure("old", "number", 1)
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    for task in tasks:
        task.custom_attributes.get("old")
    key = configure("new", "number", 7)
    with requests_made(session) == 2:  # the configurations and the values
        assert [task.custom_attributes[key] for task in tasks] == [7] * 12


def test_a_key_configured_meanwhile_is_found_on_an_edited_entity(
    session: Session, other: Session, task: Entity, configure: Configure
) -> None:
    old = configure("old", "number", 1)
    task.custom_attributes[old] = 2
    new = configure("new", "number", 7)
    task.custom_attributes[new] = 8
    assert session.commit() == 2
    seen = existing(other.get("Task", task.id)).custom_attributes
    assert (seen[old], seen[new]) == (2, 8)


def test_looking_up_an_unconfigured_key_on_a_whole_result_refreshes_once(
    session: Session, production: Production, configure: Configure
) -> None:
    configure("frames", "number", 24)
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    assert "no_such_key" not in tasks[0].custom_attributes
    with requests_made(session) == 1:
        for task in tasks:
            with pytest.raises(errors.UnknownAttribute, match="no_such_key"):
                task.custom_attributes["no_such_key"]


def test_a_value_whose_configuration_is_not_visible_accepts_anything_after_one_refresh(
    session: Session, connect: Connect, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", 24)
    tasks = session.query("Task").where(f'project_id is "{production.project}"').all()
    assert tasks[0].custom_attributes[key] == 24
    with connect() as maker:
        maker.delete(maker.query("CustomAttributeConfiguration").where(f'key is "{key}"').one())
        maker.commit()
    with requests_made(session) == 2:  # the configurations, twice
        for task in tasks:
            task.custom_attributes[key] = "anything"
    session.rollback()


def test_an_option_added_meanwhile_is_accepted(
    session: Session, connect: Connect, task: Entity, configure: Configure
) -> None:
    key = configure("difficulty", "enumerator", [], ONE_OF)
    task.custom_attributes[key] = "easy"
    with connect() as maker:
        configuration = maker.query("CustomAttributeConfiguration").where(f'key is "{key}"').one()
        configuration.config = json.dumps({"multiSelect": False, "data": json.dumps([{"menu": "New", "value": "new"}])})
        maker.commit()
    task.custom_attributes[key] = "new"
    session.commit()


def test_configurations_can_be_iterated_over_and_refreshed(session: Session, configure: Configure) -> None:
    assert "not read yet" in repr(session.configurations)
    session.configurations.refresh()
    key = configure("difficulty", "enumerator", ["easy"], ONE_OF)
    assert f"{len(session.configurations)} known" in repr(session.configurations)
    assert key not in [configuration.key for configuration in session.configurations]
    session.configurations.refresh()
    (read,) = [configuration for configuration in session.configurations if configuration.key == key]
    assert (read.kind, read.options, read.is_multiple, read.default) == (
        "enumerator",
        ("easy", "hard"),
        False,
        ["easy"],
    )


def test_the_default_of_a_date_is_a_datetime(session: Session, production: Production, configure: Configure) -> None:
    key = configure("due", "date", "2024-06-22T00:00:00.000Z")
    shot = existing(session.get("Shot", production.shots[0]))
    task = session.create("Task", name="dated", parent=shot)
    assert task.custom_attributes[key] == datetime.datetime(2024, 6, 22, tzinfo=UTC)


def test_missing_configurations_are_not_requested_in_the_mode_never(
    session: Session, task: Entity, configure: Configure
) -> None:
    key = configure("frames", "number", 24)
    assert task.custom_attributes[key] == 24
    with session.fetching("never"):
        assert task.custom_attributes[key] == 24
        with pytest.raises(errors.NotFetched, match=r"session\.configurations\.refresh"):
            task.custom_attributes[key] = 25
        session.configurations.refresh()
        task.custom_attributes[key] = 25
        with pytest.raises(errors.UnknownAttribute):
            task.custom_attributes["no_such_key"]


class ConfigurationTransport(ForwardingTransport):
    """Replaces values in the rows of configurations that the embedded server sends."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.replaced: dict[str, Any] = {}

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        response = super().send(request, cancellation)
        replies = json.loads(response.read())
        for reply in replies:
            rows = reply.get("data") if isinstance(reply, dict) else None
            for row in rows if isinstance(rows, list) else ():
                if row["__entity_type__"] == "CustomAttributeConfiguration":
                    row.update(self.replaced)
        return Response(response.status, response.headers, json.dumps(replies).encode())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", ["x"]),
        ("key", 5),
        ("key", ["x"]),
        ("label", {"a": 1}),
        ("config", [1]),
        ("default", {"__type__": "datetime", "value": 7}),
        ("entity_type", 7),
        ("is_hierarchical", "yes"),
        ("object_type_id", 1.5),
        ("project_id", True),
        ("type", "text"),
    ],
)
def test_a_configuration_row_of_a_wrong_type_is_an_error_and_the_next_good_one_is_read(
    connect: Connect, box: Sandbox, production: Production, configure: Configure, name: str, value: Any
) -> None:
    key = configure("frames", "number", 24)
    transport = ConfigurationTransport(box)
    session = connect(transport=transport)
    task = existing(session.get("Task", production.tasks[0]))
    session.configurations.refresh()
    known = list(session.configurations)
    transport.replaced = {name: value}
    shown = repr(value["value"] if isinstance(value, dict) and "value" in value else value)
    with pytest.raises(errors.ProtocolError, match=re.escape(shown)) as caught:
        session.configurations.refresh()
    assert caught.value.details["entity_type"] == "CustomAttributeConfiguration"
    assert caught.value.details["attribute"] == name
    assert list(session.configurations) == known
    transport.replaced = {}
    session.configurations.refresh()
    assert task.custom_attributes[key] == 24


def test_a_configuration_without_a_key_is_logged_and_leaves_the_others_usable(
    schema_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Sandbox(seed="empty") as own_box:

        def connect() -> Session:
            return Session(own_box.url, own_box.api_key, own_box.api_user, schema_cache_path=schema_cache)

        with connect() as maker, connect() as session:
            production = create_production(maker)
            good = create_configuration(maker, production, "good", "text", "x")
            text = maker.query("CustomAttributeType").where(name="text").one()
            # The schema does not require a key.
            configuration = maker.create("CustomAttributeConfiguration", label="broken", type=text, config="{}")
            maker.commit()
            task = existing(session.get("Task", production.tasks[0]))
            assert list(task.custom_attributes) == [good]
            assert task.custom_attributes[good] == "x"
            task.custom_attributes[good] = "y"
            session.commit()
        assert f"The configuration {configuration.id} has no key" in caplog.text


# -- links --------------------------------------------------------------------------------------------------------


def test_custom_attribute_links_are_created_read_queried_and_deleted(
    session: Session, connect: Connect, production: Production
) -> None:
    with connect() as maker:
        object_type = maker.query("ObjectType").where('name is "Shot"').one()
        configuration = maker.create(
            "CustomAttributeLinkConfiguration",
            key=f"supervisor_{uuid.uuid4().hex}",
            label="Supervisor",
            entity_type="task",
            object_type_id=object_type.id,
            entity_type_to="user",
            one_to_one=True,
            config="{}",
        )
        maker.commit()
        key, configuration_id = configuration.key, configuration.id
    user = existing(session.query("User").first())
    link = session.create(
        "CustomAttributeLink", configuration_id=configuration_id, from_id=production.shots[0], to_id=user.id
    )
    session.commit()
    with connect() as reader:
        seen = existing(reader.get("CustomAttributeLink", link.id))
        assert (seen.from_id, seen.to_id, seen.configuration.key) == (production.shots[0], user.id, key)
        (typed,) = reader.query("UserCustomAttributeLink").where(f'configuration.key is "{key}"').all()
        assert typed.user.username == user.username
        shots = reader.query("Shot").where(
            f'custom_attribute_links any (configuration.key is "{key}" and user.username is "{user.username}")'
        )
        assert [shot.id for shot in shots] == [production.shots[0]]
    session.delete(link)
    session.commit()
    with connect() as reader:
        assert reader.get("CustomAttributeLink", link.id) is None
