"""The advice names things that exist here, for names that the official client has."""

from __future__ import annotations

import importlib
import re
from typing import Any

import ftrack_api.collection
import ftrack_api.entity.base
import ftrack_api.event.base
import ftrack_api.event.hub
import ftrack_api.query
import ftrack_api.session
import pytest

from ftrack_orm.porting import names
from tests.interop.test_coverage import assigned_attributes, paths_of_python_client

OWNERS: dict[str, tuple[type, ...]] = {
    "session": (ftrack_api.session.Session,),
    "entity": (ftrack_api.entity.base.Entity,),
    "class": (ftrack_api.entity.base.Entity,),
    "query": (ftrack_api.query.QueryResult,),
    "collection": (ftrack_api.collection.Collection,),
    "mapping": (
        ftrack_api.collection.MappedCollectionProxy,
        ftrack_api.collection.KeyValueMappedCollectionProxy,
        ftrack_api.collection.CustomAttributeCollectionProxy,
    ),
    "event hub": (ftrack_api.event.hub.EventHub,),
    "event": (ftrack_api.event.base.Event,),
}
#: Names of older versions of the official client, which published tools still use.
OF_OLDER_VERSIONS = {"_call", "_schemas", "_session", "perform_reset"}


@pytest.mark.parametrize("kind", OWNERS)
def test_members_that_are_reported_are_those_of_the_official_client(kind: str) -> None:
    existing = {name for owner in OWNERS[kind] for name in {*dir(owner), *assigned_attributes(owner)}}
    assert names._NAMES[kind] - existing <= OF_OLDER_VERSIONS
    assert all(names.advice_for_member(kind, name) for name in names._NAMES[kind])
    assert names.advice_for_member(kind, "no_such_name") is None


def test_every_name_in_a_module_of_the_official_client_has_advice() -> None:
    without = [path for path in paths_of_python_client() if "which has no" in names.advice_for_path(path)]
    assert without == []


def test_the_names_that_compat_lacks_are_known() -> None:
    missing = {path for path in paths_of_python_client() if not exists(f"ftrack_orm.compat.{path}")}
    assert missing == names._NOT_IN_COMPAT
    assert names.compat_advice("module", "exception.ServerError") is None
    assert names.compat_advice("module", "event.hub.SocketIoSession") is not None
    assert names.compat_advice("session", "_local_cache") == "session.reset() to read everything again"
    assert names.compat_advice("session", "recorded_operations") is None


def test_the_names_in_the_advice_exist() -> None:
    texts = [*names._PATHS.values(), *(names.advice_for_path(path) for path in paths_of_python_client())]
    mentioned = {name for text in texts for name in re.findall(r"\bftrack_orm(?:\.\w+)+", text)}
    mentioned |= {f"ftrack_orm.{name}" for text in texts for name in re.findall(r"(?<![\w.])errors\.\w+", text)}
    assert len(mentioned) > 40
    missing = [name for name in sorted(mentioned) if not exists(name)]
    assert missing == []


def exists(path: str) -> bool:
    value: Any = importlib.import_module("ftrack_orm")
    for name in path.split(".")[1:]:
        try:
            value = getattr(value, name)
        except AttributeError:
            try:
                value = importlib.import_module(f"{value.__name__}.{name}")
            except ImportError:
                return False
    return True


def test_arguments_of_the_session_that_differ_have_advice() -> None:
    assert names.advice_for_argument("cache") is not None
    assert names.advice_for_argument("timeout") is None
