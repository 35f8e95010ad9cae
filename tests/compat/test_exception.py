"""Exceptions can be raised and caught by scripts as those of the official client."""

from __future__ import annotations

import inspect
import pickle
from pathlib import Path
from typing import Any

import ftrack_api as official_client
import ftrack_api.exception
import pytest

from ftrack_orm import compat, errors
from ftrack_orm.compat import error_translation, exception

DOCS = Path(__file__).parents[2] / "docs"
EXCEPTIONS = [
    name
    for name, each in vars(official_client.exception).items()
    if inspect.isclass(each) and issubclass(each, official_client.exception.Error)
]


def test_exceptions_have_the_bases_of_the_official_client() -> None:
    for name in EXCEPTIONS:
        bases = [base.__name__ for base in getattr(official_client.exception, name).__mro__]
        ours = [base.__name__ for base in getattr(exception, name).__mro__ if not base.__name__.startswith("_")]
        assert ours == bases


@pytest.mark.parametrize("module", [official_client.exception, exception], ids=["official", "compatible"])
def test_exceptions_are_made_with_the_arguments_of_the_official_client(module: Any) -> None:
    error = module.Error("{a} is wrong: {b}", details={"a": 1, "b": [2]})
    assert (str(error), error.details, error.message) == ("1 is wrong: [2]", {"a": 1, "b": [2]}, "{a} is wrong: {b}")
    assert error.traceback is not None
    assert str(module.ServerError("plain")) == "plain"
    assert "Spaceship" in str(module.UnrecognisedEntityTypeError("Spaceship"))
    assert module.ComponentNotInLocationError(["a", "b"], "here").details["components"] == ["a", "b"]
    assert module.AccessorOperationFailedError("open", "a/b", error=5).details["resource_identifier"] == "a/b"
    assert module.AccessorResourceNotFoundError(resource_identifier="a/b").details["resource_identifier"] == "a/b"
    assert module.DuplicateItemInCollectionError("item", "collection").details["item"] == "item"
    assert module.InvalidStateTransitionError("a", "b", "entity").details["target_state"] == "b"
    assert str(module.AccessorFilesystemPathError("x", message="no {resource_identifier}"))


@pytest.mark.parametrize(
    "kind", [each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, errors.FtrackError)]
)
def test_errors_of_this_library_become_errors_of_both_kinds(kind: type[errors.FtrackError]) -> None:
    error = kind("{not a placeholder}", entity_type="Task")
    translated = error_translation.translate(error)
    assert translated is error
    assert error.documentation == kind.documentation == type(error).documentation
    assert str(error) == "{not a placeholder}"
    assert isinstance(error, compat.exception.Error) or issubclass(kind, KeyError)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert copy.details == {"entity_type": "Task"}
    assert error_translation.translate(error) is error


def test_exceptions_of_the_official_client_alone_lead_to_a_page() -> None:
    page, _, anchor = exception.UnrecognisedEntityTypeError("Spaceship").documentation.partition("#")
    headings = (DOCS / page.removeprefix(errors.DOCUMENTATION).lstrip("/")).read_text(encoding="utf-8").lower()
    assert f"\n## {anchor.replace('-', ' ')}\n" in headings
