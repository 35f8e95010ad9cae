"""Plugins get the compatible session, and configure locations and entity classes as with the official client."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import ftrack_api as official_client
import pytest

import ftrack_orm.compat as ftrack_api
from tests.compat.conftest import ConnectClient
from tests.production import Production

PLUGIN = """
import functools
import {client}
import {client}.accessor.disk
import {client}.entity.factory
import {client}.structure.id

class Factory({client}.entity.factory.StandardFactory):
    def create(self, schema, bases=None):
        if schema["id"] == "Shot":
            bases = list(bases or []) + [StudioShot]
        cls = super().create(schema, bases=bases)
        return cls

    def create_scalar_attribute(self, class_name, name, mutable, computed, default, data_type):
        attribute = super().create_scalar_attribute(class_name, name, mutable, computed, default, data_type)
        if name == "description":
            attribute.default_value = "made by a factory"
        return attribute

class StudioShot({client}.entity.base.Entity):
    def code(self):
        return self["parent"]["name"] + "_" + self["name"]

def make(event):
    if event["data"]["schema"]["id"] == "Shot":
        return Factory().create(event["data"]["schema"])

def configure(session, folder, event):
    assert event["data"]["session"] is session
    location = session.ensure("Location", {{"name": "compat.plugin {number}"}})
    location.accessor = {client}.accessor.disk.DiskAccessor(prefix=folder)
    location.structure = {client}.structure.id.IdStructure()
    location.priority = 7

def register(api_object, folder="", **kw):
    if not isinstance(api_object, {client}.session.Session):
        return
    hub = api_object.event_hub
    hub.subscribe("topic=ftrack.api.session.construct-entity-type", make)
    hub.subscribe("topic=ftrack.api.session.configure-location", functools.partial(configure, api_object, folder))
    hub.subscribe("topic=ftrack.api.session.ready", lambda event: LOG.append(event["data"]["session"] is api_object))
    hub.subscribe("topic=ftrack.api.session.reset", lambda event: LOG.append("reset"))

import sys
LOG = sys.{log}
"""


def write_plugins(folder: Path, client: Any, number: str) -> str:
    folder.mkdir()
    text = PLUGIN.format(client=client.__name__, number=number, log=f"compat_plugin_log_{number}")
    (folder / "studio.py").write_text(text, encoding="utf-8")
    (folder / "broken.py").write_text("import no_such_module_of_the_studio", encoding="utf-8")
    (folder / "empty.py").write_text("", encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("client", [official_client, ftrack_api], ids=["official", "compatible"])
def test_plugins_configure_a_session(
    connect_client: ConnectClient, production: Production, tmp_path: Path, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = production.name
    log: list[Any] = []
    monkeypatch.setattr(sys, f"compat_plugin_log_{number}", log, raising=False)
    folder = write_plugins(tmp_path / "plugins", client, number)
    session = connect_client(client, plugin_paths=[folder, ""], plugin_arguments={"folder": str(tmp_path)})
    location = session.query(f'Location where name is "compat.plugin {number}"').one()
    assert location.priority == 7
    assert location.accessor.get_filesystem_path("a/b") == str(tmp_path / "a" / "b")
    shot = session.get("Shot", production.shots[0])
    assert shot.code() == "sq0_sh0"
    assert type(shot).__name__ == "Shot"
    new = session.create("Shot", {"name": "new", "parent": shot["parent"]})
    assert new.code() == "sq0_new"
    session.rollback()
    session.reset()
    assert log == [True, "reset"]


def test_plugins_are_found_by_the_environment(
    connect_client: ConnectClient, production: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[Any] = []
    monkeypatch.setattr(sys, f"compat_plugin_log_{production.name}", log, raising=False)
    monkeypatch.setenv("FTRACK_EVENT_PLUGIN_PATH", write_plugins(tmp_path / "plugins", ftrack_api, production.name))
    connect_client(plugin_paths=None)
    assert log == [True]


@pytest.mark.parametrize("client", [official_client, ftrack_api], ids=["official", "compatible"])
def test_a_file_is_loaded_as_a_module(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "tool.py"
    path.write_text("names = __name__, __file__", encoding="utf-8")
    loaded = client.plugin.load_source("studio_tool", str(path))
    assert loaded.names == ("studio_tool", str(path))
    assert "studio_tool" not in sys.modules
    with pytest.raises(FileNotFoundError):
        client.plugin.load_source("gone", str(tmp_path / "gone.py"))
