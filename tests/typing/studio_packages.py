"""Writes studio packages for tests and imports them, each under a name of its own."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.typing.content import SchemaContent
from ftrack_orm.typing.package import MODULE, SCHEMA_FILE

_NUMBERS = itertools.count()

#: Writes and imports a package for the types that `query_schemas` has answered.
WritePackage = Callable[[list[dict[str, Any]]], Any]

#: Makes a session of a package, with settings.
Open = Callable[..., Any]


def write_and_import(folder: Path, content: SchemaContent) -> ModuleType:
    """Return the imported package of *content*, in a new folder below *folder*, which has to be in `sys.path`."""
    name = f"studio_{next(_NUMBERS)}"
    package = folder / name
    package.mkdir()
    (package / SCHEMA_FILE).write_text(content.to_text(), encoding="utf-8")
    (package / "__init__.py").write_text(MODULE.format(name=name), encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(name)


@pytest.fixture(scope="module")
def write_package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WritePackage]:
    folder = tmp_path_factory.mktemp("packages")
    sys.path.insert(0, str(folder))
    before = set(sys.modules)
    yield lambda answer: write_and_import(folder, SchemaContent.of(answer))
    sys.path.remove(str(folder))
    for name in sys.modules.keys() - before:
        if name.startswith("studio_"):
            del sys.modules[name]


@pytest.fixture(scope="session")
def server_answer(box: Sandbox, schema_cache: Path) -> list[dict[str, Any]]:
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache) as session:
        return session.schemas


@pytest.fixture
def answer(server_answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The types of the server, to be changed by a test: those of a package that was written before or later."""
    return deepcopy(server_answer)


@pytest.fixture(scope="module")
def studio(write_package: WritePackage, server_answer: list[dict[str, Any]]) -> Any:
    """A package of the types that the server has."""
    return write_package(server_answer)


@pytest.fixture
def open_session(box: Sandbox, schema_cache: Path) -> Iterator[Open]:
    """Makes sessions of packages on the embedded server, and closes them when the test ends."""
    sessions: list[Any] = []

    def make(package: Any, **settings: Any) -> Any:
        arguments = {"schema_cache_path": schema_cache, **settings}
        sessions.append(package.Session(box.url, box.api_key, box.api_user, **arguments))
        return sessions[-1]

    yield make
    for session in sessions:
        session.rollback()
        session.close()


def described(answer: list[dict[str, Any]], entity_type: str) -> dict[str, Any]:
    """Return the description of a type in *answer*."""
    return next(each for each in answer if each["id"] == entity_type)
