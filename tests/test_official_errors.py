"""An exception of the official client, looked up in `ftrack_orm.errors`, is an error that names the one to write."""

from __future__ import annotations

import inspect
import re

import ftrack_api.exception
import pytest

from ftrack_orm import errors
from ftrack_orm.official_errors import OFFICIAL_ERRORS, advice_for_error

EXCEPTIONS = {
    name
    for name, each in vars(ftrack_api.exception).items()
    if inspect.isclass(each) and each.__module__ == ftrack_api.exception.__name__
}


def test_each_exception_of_the_official_client_has_advice_that_names_errors_of_this_library() -> None:
    assert set(OFFICIAL_ERRORS) == EXCEPTIONS
    for name, text in OFFICIAL_ERRORS.items():
        named = re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", text)
        assert named, name
        assert all(hasattr(errors, each) for each in named), name


@pytest.mark.parametrize("statement", ["errors.{}", "from ftrack_orm.errors import {}"])
def test_looking_up_or_importing_an_exception_of_the_official_client_says_which_error_to_name(statement: str) -> None:
    kept = {"AuthenticationError", "ServerError", "ServerCompatibilityError", "StructureError"}
    for name in EXCEPTIONS:
        if name in kept:
            assert hasattr(errors, name)
            continue
        with pytest.raises((AttributeError, ImportError)) as caught:
            exec(statement.format(name), {"errors": errors})
        assert advice_for_error(name) in str(caught.value), name
    assert "Write ftrack_orm.errors.NoResult." in advice_for_error("NoResultFoundError")


def test_a_misspelt_error_is_an_error_with_near_names() -> None:
    with pytest.raises(errors.UnknownAttribute, match=r"no attribute 'NoResut'. Did you mean 'NoResult'") as caught:
        errors.NoResut  # type: ignore[attr-defined]  # noqa: B018
    assert caught.value.attribute == "NoResut"
    assert not hasattr(errors, "__wrapped__")
    with pytest.raises(ImportError):
        exec("from ftrack_orm.errors import NoResut")
    with pytest.raises(ModuleNotFoundError):
        exec("import ftrack_orm.errors.NoResult")
