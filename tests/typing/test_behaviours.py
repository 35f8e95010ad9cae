"""The behaviours and the session as checkers see them have the parameters of those that run."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap

import pytest

from ftrack_orm import Session
from ftrack_orm.behaviours.table import BEHAVIOURS, BY_ATTRIBUTE, BY_TYPE
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.typing.behaviours import NAMES_OF, TYPED_BEHAVIOURS
from ftrack_orm.typing.session import SESSION_RESULTS, TypedSession


def functions_of(cls: type) -> dict[str, ast.FunctionDef]:
    """Return the public functions in the source of a class, those for checkers included."""
    source = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    found = (node for node in ast.walk(source) if isinstance(node, ast.FunctionDef))
    return {node.name: node for node in found if not node.name.startswith("_")}


@pytest.mark.parametrize("behaviour", sorted(TYPED_BEHAVIOURS, key=repr), ids=str)
def test_methods_that_return_entities_have_the_parameters_of_the_behaviour(behaviour: type) -> None:
    typed, results = TYPED_BEHAVIOURS[behaviour]
    running, declared = functions_of(behaviour), functions_of(typed)
    for name, function in declared.items():
        assert ast.unparse(function.args) == ast.unparse(running[name].args)
        assert [ast.unparse(each) for each in function.decorator_list] == [
            ast.unparse(each) for each in running[name].decorator_list
        ]
    returning = {
        name
        for name, function in running.items()
        if function.returns and re.search("Entity|Vocabulary", ast.unparse(function.returns))
    }
    assert declared.keys() == returning
    assert {name.removeprefix(NAMES_OF) for name in results} <= Schema.from_response(
        datamodel.load().schemas
    ).types.keys()


def test_the_session_for_checkers_has_the_parameters_of_the_session() -> None:
    running = {name: each for base in Session.__mro__[:-1] for name, each in functions_of(base).items()}
    declared = functions_of(TypedSession)
    for name, function in declared.items():
        assert ast.unparse(function.args) == ast.unparse(running[name].args)
    assert set(SESSION_RESULTS) <= Schema.from_response(datamodel.load().schemas).types.keys()


def test_every_behaviour_whose_methods_return_entities_has_a_class_for_checkers() -> None:
    schema = Schema.from_response(datamodel.load().schemas)
    every = {each for entity_type in schema.types.values() for each in BEHAVIOURS.of(entity_type)}
    assert len(every) == sum(map(len, [*BY_TYPE.values(), *BY_ATTRIBUTE.values()]))
    for behaviour in every - TYPED_BEHAVIOURS.keys():
        for function in functions_of(behaviour).values():
            assert function.returns is not None
            assert "Entity" not in ast.unparse(function.returns)
