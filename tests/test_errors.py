import inspect
import pickle

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
PYTHONS_OWN = [
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
def test_an_error_prints_its_message_as_it_was_written(kind):
    error = kind("Task has no attribute 'statsu'.", entity_type="Task")
    assert str(error) == "Task has no attribute 'statsu'."
    assert repr(error).startswith(kind.__name__)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_arrives_whole_in_another_process(kind):
    error = kind("It failed.", entity_type="Task", attribute="name")
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is kind
    assert (str(arrived), arrived.details) == ("It failed.", {"entity_type": "Task", "attribute": "name"})
    assert (arrived.entity_type, arrived.attribute) == ("Task", "name")


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind is not FtrackError])
def test_an_error_belongs_to_exactly_one_branch(kind):
    assert sum(issubclass(kind, branch) for branch in BRANCHES) == 1


@pytest.mark.parametrize(("kind", "pythons"), PYTHONS_OWN)
def test_an_error_is_caught_as_pythons_own_where_programmers_expect_it(kind, pythons):
    with pytest.raises(pythons):
        raise kind("It failed.")


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_has_a_docstring_that_says_when_it_is_raised(kind):
    assert inspect.cleandoc(kind.__doc__ or "").split("\n")[0].endswith((".", ";"))


def test_what_is_not_known_about_an_error_can_be_asked_all_the_same():
    assert errors.ServerError("Refused.").exception == ""
    assert errors.ServerError("Refused.").error_code is None
    assert errors.TransportError("Cut.").safe_to_retry is False
    assert errors.ProtocolError("Strange.").status is None
    assert errors.QueryError("Wrong.").position is None


def test_details_are_attributes():
    error = errors.TransportError("Cut.", safe_to_retry=True)
    assert error.safe_to_retry is True
    assert error.details == {"safe_to_retry": True}


@pytest.mark.parametrize("name", sorted(errors.SERVER_ERRORS))
def test_a_servers_name_of_an_error_stands_for_a_branch_of_server_error(name):
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
def test_a_suggestion_names_what_was_probably_meant(typed, known, sentence):
    assert suggestion(typed, iter(known)) == sentence


def test_a_suggestion_names_a_few_candidates_at_most():
    assert suggestion("name", [f"name{n}" for n in range(9)], most=2).count("name") == 2
