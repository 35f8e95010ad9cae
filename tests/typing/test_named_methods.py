"""The overloads for names of types have the parameters of the session's methods, and one for each class."""

from __future__ import annotations

import ast
import inspect

import pytest

from ftrack_orm import Session
from ftrack_orm.typing import queries
from ftrack_orm.typing.annotations import annotations_of
from ftrack_orm.typing.content import SchemaContent
from ftrack_orm.typing.named_methods import NAMED_METHODS, named_methods, types_by_name
from tests.typing.studio_content import studio_content


def overloads(lines: list[str]) -> list[ast.FunctionDef]:
    (definition,) = ast.parse("\n".join(["class Session:", *lines])).body
    return [node for node in definition.body if isinstance(node, ast.FunctionDef)]  # type: ignore[attr-defined]  # a class


def parameters_of(function: ast.FunctionDef) -> set[str]:
    """Return the names of the parameters, with those of a mapping of options."""
    arguments = function.args
    names = {each.arg for each in [*arguments.args, *arguments.kwonlyargs]}
    if arguments.kwarg is not None:
        options = ast.unparse(arguments.kwarg.annotation or arguments)
        options = options.removeprefix("_extensions.Unpack[_t.").removesuffix("]")
        names |= getattr(
            queries, options.removeprefix("_extensions.Unpack[_t.").removesuffix("]")
        ).__annotations__.keys()
    return names


@pytest.mark.parametrize("name", sorted(method.name for method in NAMED_METHODS))
def test_the_overloads_have_the_parameters_of_the_method(name: str) -> None:
    found = [each for each in overloads(list(named_methods(["Task"]))) if each.name == name]
    running = inspect.signature(getattr(Session, name)).parameters
    *others, of_text = map(parameters_of, found)
    assert of_text == running.keys()
    assert all(names == running.keys() - {"expression"} for names in others)
    for function in found:
        positional = [each.arg for each in function.args.args]
        assert positional == list(running)[: len(positional)]


@pytest.mark.parametrize("options", [queries.QueryOptions, queries.SearchOptions], ids=["query", "search"])
def test_options_have_the_types_of_the_parameters(options: type) -> None:
    name = options.__name__.removesuffix("Options").lower()
    running = inspect.signature(getattr(Session, name)).parameters
    for parameter, annotation in options.__annotations__.items():
        assert getattr(annotation, "__forward_arg__", annotation) == running[parameter].annotation


def test_each_class_has_an_overload_and_any_text_is_accepted_last() -> None:
    text = annotations_of(studio_content())
    for method in NAMED_METHODS:
        for name in ("Task", "Shot"):
            assert f"def {method.name}(self, {method.parameter}: _typing.Literal['{name}']" in text
        assert ast.unparse(overloads(list(named_methods([])))[-1].args.args[1].annotation or ast.Pass()) == "str"
    assert "def __getitem__(self, name: _typing.Literal['Task']) -> type[Task]: ..." in text


def test_a_type_with_the_name_of_such_a_method_is_left_to_the_overload_for_any_text() -> None:
    lines = list(named_methods(["Task", "get"]))
    assert not [line for line in lines if "Literal['get']" in line]
    assert "    def __getitem__(self, name: _typing.Literal['get']) -> type[get]: ..." in list(types_by_name(["get"]))


def test_a_package_without_types_has_methods_for_any_text() -> None:
    text = annotations_of(SchemaContent.of([]))
    assert "def get(self, entity_type: str, " in text
    assert "Literal" not in text
