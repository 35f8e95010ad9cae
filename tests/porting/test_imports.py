"""The import statements of a script are replaced, and nothing else."""

from __future__ import annotations

import ast

import pytest

from ftrack_orm.porting.imports import own_statement, with_compat


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import ftrack_api", "import ftrack_orm.compat as ftrack_api"),
        ("import ftrack_api as fa", "import ftrack_orm.compat as fa"),
        ("import ftrack_api.event.base", "import ftrack_orm.compat as ftrack_api"),
        ("import ftrack_api.event.base as base", "import ftrack_orm.compat.event.base as base"),
        ("from ftrack_api import Session", "from ftrack_orm.compat import Session"),
        ("from ftrack_api.symbol import (\n    NOT_SET as N,\n)", "from ftrack_orm.compat.symbol import NOT_SET as N"),
        ("import os, ftrack_api  # both", "import os; import ftrack_orm.compat as ftrack_api  # both"),
        ("if a: import ftrack_api; b = 'é'", "if a: import ftrack_orm.compat as ftrack_api; b = 'é'"),
        ("b = 'é'; import ftrack_api\n", "b = 'é'; import ftrack_orm.compat as ftrack_api\n"),
        ("def f():\n    import ftrack_api\n", "def f():\n    import ftrack_orm.compat as ftrack_api\n"),
        ("import ftrack_apiary\nfrom . import ftrack_api", "import ftrack_apiary\nfrom . import ftrack_api"),
    ],
)
def test_only_the_imports_are_changed(before: str, after: str) -> None:
    assert with_compat(before) == after


@pytest.mark.parametrize(
    ("statement", "write"),
    [
        ("import ftrack_api", "import ftrack_orm"),
        ("import ftrack_api.accessor.disk", "import ftrack_orm.storage"),
        ("from ftrack_api.session import Session", "ftrack_orm.Session"),
        ("from ftrack_api.exception import NoResultFoundError", "ftrack_orm.errors.NoResult"),
    ],
)
def test_the_advice_for_an_import_names_the_counterpart(statement: str, write: str) -> None:
    node = ast.parse(statement).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    assert own_statement(node) == write
