"""Errors print and pickle whole, belong to one branch each, and derive from Python's classes where expected."""

from __future__ import annotations

import inspect
import pickle
import re
from pathlib import Path

import pytest

from ftrack_orm import errors
from ftrack_orm.errors import FtrackError, suggestion

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, FtrackError)]
BRANCHES = [
    errors.UsageError,
    errors.ServerError,
    errors.TransportError,
    errors.CommitConflict,
    errors.ProtocolError,
    errors.StorageError,
    errors.SandboxUnsupported,
]
PYTHON_BASES = [
    (errors.SettingsError, ValueError),
    (errors.UnknownEntityType, LookupError),
    (errors.UnknownAttribute, AttributeError),
    (errors.UnknownAttribute, KeyError),
    (errors.InvalidValue, ValueError),
    (errors.InvalidValue, TypeError),
    (errors.ReadOnlyAttribute, AttributeError),
    (errors.QueryError, ValueError),
    (errors.NotFetched, AttributeError),
    (errors.NoResult, LookupError),
    (errors.MultipleResults, LookupError),
    (errors.EntityDeleted, LookupError),
    (errors.PermissionDenied, PermissionError),
    (errors.ServerValidationError, ValueError),
    (errors.ServerParseError, ValueError),
    (errors.EntityNotFound, LookupError),
    (errors.TransportError, ConnectionError),
    (errors.RequestTimeout, TimeoutError),
]


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_prints_its_message_unchanged(kind: type[FtrackError]) -> None:
    error = kind("Task has no attribute 'statsu'.", entity_type="Task")
    assert str(error) == "Task has no attribute 'statsu'."
    assert repr(error).startswith(kind.__name__)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_keeps_its_details_when_pickled(kind: type[FtrackError]) -> None:
    error = kind("It failed.", entity_type="Task", attribute="name")
    unpickled = pickle.loads(pickle.dumps(error))
    assert type(unpickled) is kind
    assert (str(unpickled), unpickled.details) == ("It failed.", {"entity_type": "Task", "attribute": "name"})
    assert (vars(unpickled)["entity_type"], vars(unpickled)["attribute"]) == ("Task", "name")


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind is not FtrackError])
def test_an_error_belongs_to_exactly_one_branch(kind: type[FtrackError]) -> None:
    assert sum(issubclass(kind, branch) for branch in BRANCHES) == 1


@pytest.mark.parametrize(("kind", "python_base"), PYTHON_BASES)
def test_an_error_is_caught_as_the_python_class_that_programmers_expect(
    kind: type[FtrackError], python_base: type[Exception]
) -> None:
    with pytest.raises(python_base):
        raise kind("It failed.")


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_has_a_docstring_that_starts_with_a_sentence(kind: type[FtrackError]) -> None:
    assert inspect.cleandoc(kind.__doc__ or "").split("\n")[0].endswith((".", ";"))


def test_details_that_are_unknown_have_defaults() -> None:
    assert errors.ServerError("Refused.").exception == ""
    assert errors.ServerError("Refused.").error_code is None
    assert errors.TransportError("Cut.").safe_to_retry is False
    assert errors.ProtocolError("Not JSON.").status is None
    assert errors.QueryError("Wrong.").position is None


def test_details_are_attributes() -> None:
    error = errors.TransportError("Cut.", safe_to_retry=True)
    assert error.safe_to_retry is True
    assert error.details == {"safe_to_retry": True}


@pytest.mark.parametrize("name", sorted(errors.SERVER_ERRORS))
def test_a_servers_name_of_an_error_maps_to_a_branch_of_server_error(name: str) -> None:
    assert issubclass(errors.SERVER_ERRORS[name], errors.ServerError)
    assert errors.SERVER_ERRORS[name] is not errors.ServerError


@pytest.mark.parametrize(
    ("typed", "known", "sentence"),
    [
        ("statsu", ["status", "name"], " Did you mean 'status'?"),
        ("shot", ["Shot", "Task"], " Did you mean 'Shot'?"),
        ("TASK", ["Shot", "Task"], " Did you mean 'Task'?"),
        ("naem", ["name", "names", "bid"], " Did you mean 'name' or 'names'?"),
        ("xyzzy", ["status", "name"], ""),
        ("name", [], ""),
        ("", ["name"], ""),
    ],
)
def test_a_suggestion_names_similar_names(typed: str, known: list[str], sentence: str) -> None:
    assert suggestion(typed, iter(known)) == sentence


def test_long_names_are_neither_compared_nor_suggested() -> None:
    assert suggestion("n" * 101, ["n" * 100]) == ""
    assert suggestion("n" * 100, ["n" * 101]) == ""
    assert suggestion("n" * 100, ["n" * 99]) != ""


def test_a_suggestion_names_a_few_candidates_at_most() -> None:
    assert suggestion("name", [f"name{n}" for n in range(9)], most=2).count("name") == 2


@pytest.mark.parametrize("text", ["\ud800", "name \udcff of a file", "é \udfff 漢"])
def test_a_message_with_characters_that_cannot_be_encoded_can_be_printed(text: str) -> None:
    error = errors.ProtocolError(f"The server sent {text}.")
    assert str(error).encode("utf-8").decode("utf-8") == str(error) == error.message
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(errors.ProtocolError("é 漢")) == "é 漢"


ERRORS_PAGE = Path(__file__).parents[1] / "docs" / "reference" / "errors.md"
RAISED = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__ and kind is not FtrackError
]


ENTRY = re.compile(r"^### `(\w+)`\n\n- Cause: (.+?)\n- Cure: (.+?)\n(?:\n|\Z)", re.MULTILINE | re.DOTALL)


def test_the_page_of_errors_has_the_cause_and_the_cure_of_each_class_and_no_other_entries() -> None:
    page = ERRORS_PAGE.read_text(encoding="utf-8")
    entries = ENTRY.findall(page)
    assert sorted(name for name, _, _ in entries) == sorted(kind.__name__ for kind in RAISED)
    assert re.findall(r"^### (.+)$", page, re.MULTILINE) == [f"`{name}`" for name, _, _ in entries]
    assert [name for name, cause, cure in entries if len(cause) < 20 or len(cure) < 20] == []


def test_each_class_names_the_address_of_its_entry() -> None:
    page = f"{errors.DOCUMENTATION}/reference/errors.md"
    assert {vars(kind)["documentation"] for kind in RAISED} == {f"{page}#{kind.__name__.lower()}" for kind in RAISED}
    assert FtrackError.documentation == page


def test_a_class_of_another_package_names_the_entry_of_the_class_that_it_is_derived_from() -> None:
    class WrongFrameRange(errors.InvalidValue):
        """An error of a studio's own tools."""

    assert WrongFrameRange.documentation == errors.InvalidValue.documentation


def test_an_error_that_is_amended_keeps_its_details_and_gets_more() -> None:
    error = errors.ServerError("Refused.", exception="X")
    error.amend("Refused: a task.", entity_type="Task")
    assert (str(error), error.args) == ("Refused: a task.", ("Refused: a task.",))
    assert error.details == {"exception": "X", "entity_type": "Task"}
    assert error.entity_type == "Task"
