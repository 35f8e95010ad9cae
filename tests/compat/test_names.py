"""Every public name of the official client exists in the compatibility layer, and takes its arguments."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import ftrack_api
import pytest

import ftrack_orm.compat

#: Public names of the official client without a meaning here, with the reason.
LEFT_OUT = {
    "event.hub.SocketIoSession": "a detail of the protocol, which the hub below has its own types for",
    "attribute.merge_references": "a decorator of methods of the official client itself",
    "collection.PerSessionDefaultKeyMaker": "remembers configurations, which the session below does",
    "entity.factory.PerSessionDefaultKeyMaker": "as above",
    "attribute.Attribute.get_entity_storage": "values are those of the session below",
    "attribute.AbstractCollectionAttribute.collection_class": "the class of a collection follows from the schema",
    "attribute.logger": "a detail of logging",
    "event.expression.alphanums": "a name of the library pyparsing",
    "query.QueryResult.OFFSET_EXPRESSION": "a detail of parsing",
    "query.QueryResult.LIMIT_EXPRESSION": "a detail of parsing",
}


def official_modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(ftrack_api.__path__, "ftrack_api."):
        name = module.name.removeprefix("ftrack_api.")
        if not any(part.startswith("_") for part in name.split(".")):
            yield name


def public_names(owner: Any, module: str) -> Iterator[tuple[str, Any]]:
    for name, value in vars(owner).items():
        is_own = getattr(value, "__module__", f"ftrack_api.{module}") == f"ftrack_api.{module}"
        if not name.startswith("_") and not inspect.ismodule(value) and (is_own or not callable(value)):
            yield name, value


def official_names() -> Iterator[tuple[str, str, Any]]:
    """Yield module, name in it and object of every public function, class, constant and method."""
    for module in official_modules():
        for name, value in public_names(importlib.import_module(f"ftrack_api.{module}"), module):
            if getattr(value, "__module__", "").startswith("__future__") or name in ("absolute_import", "division"):
                continue
            yield module, name, value
            if inspect.isclass(value):
                yield from ((module, f"{name}.{each}", member) for each, member in public_names(value, module))


NAMES = list(official_names())


def counterpart(module: str, path: str) -> Any:
    found: Any = importlib.import_module(f"ftrack_orm.compat.{module}")
    for name in path.split("."):
        found = getattr(found, name)
    return found


def test_every_public_name_of_the_official_client_exists() -> None:
    missing = []
    for module, path, _ in NAMES:
        if any(f"{module}.{path}".startswith(left_out) for left_out in LEFT_OUT):
            continue
        try:
            counterpart(module, path)
        except AttributeError:
            missing.append(f"{module}.{path}")
    assert missing == []
    assert len(NAMES) > 300


def test_names_that_are_left_out_belong_to_the_official_client() -> None:
    known = {f"{module}.{path}" for module, path, _ in NAMES}
    assert set(LEFT_OUT) <= known


def parameters_of(function: Any) -> list[inspect.Parameter]:
    return [each for each in inspect.signature(function).parameters.values() if not each.name.startswith("_")]


def test_functions_take_the_arguments_of_the_official_client_in_its_order() -> None:
    problems = []
    for module, path, official in NAMES:
        if f"{module}.{path}" in LEFT_OUT or not callable(official) or isinstance(official, type(len)):
            continue
        try:
            ours = counterpart(module, path)
            wanted, given = parameters_of(official), parameters_of(ours)
        except (AttributeError, ValueError, TypeError):
            continue
        is_open = any(each.kind is each.VAR_KEYWORD for each in given)
        positional = [each.name for each in given if each.kind is each.POSITIONAL_OR_KEYWORD]
        names = [each.name for each in wanted if each.kind is each.POSITIONAL_OR_KEYWORD]
        if positional[: len(names)] != names and not is_open:
            problems.append(f"{module}.{path}: {positional} instead of {names}")
    assert problems == []


@pytest.mark.parametrize("package", ["accessor", "entity", "event", "structure", "resource_identifier_transformer"])
def test_modules_are_attributes_of_their_packages_without_an_import(package: str) -> None:
    found = getattr(ftrack_orm.compat, package)
    assert all(getattr(found, name).__name__ == f"{found.__name__}.{name}" for name in dir(found))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="sesion"):
        ftrack_orm.compat.sesion  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match="bose"):
        ftrack_orm.compat.event.bose  # type: ignore[attr-defined]  # noqa: B018
