"""Queries of a studio package are ordinary ones at run time, whatever checkers see."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Query, errors
from ftrack_orm.typing.queries import TypedQuery
from tests.typing.studio_packages import Open


def test_a_query_of_a_package_is_an_ordinary_query_and_refuses_a_misspelt_name(studio: Any, open_session: Open) -> None:
    session = open_session(studio)
    for query in (session.query(studio.Task), session.query("Task"), session.query(session.types["Task"])):
        assert type(query) is Query
        assert str(query.where(name="anim")) == str(session.query("Task where name is anim"))
        with pytest.raises(errors.UnknownAttribute, match="nam"):
            query.where(nam="anim")


def test_the_class_for_checkers_adds_nothing_to_a_query() -> None:
    assert TypedQuery.__mro__[1] is Query
    assert not {name for name in vars(TypedQuery) if not name.startswith("__")}
