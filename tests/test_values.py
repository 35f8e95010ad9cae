from __future__ import annotations

import pytest

from ftrack_orm.errors import InvalidValue, QueryError
from ftrack_orm.values import NOT_LOADED, UNSET, FetchMode, Identity, Reference


def test_absent_values_are_false_and_have_a_name() -> None:
    assert not NOT_LOADED
    assert not UNSET
    assert (repr(NOT_LOADED), repr(UNSET)) == ("NOT_LOADED", "UNSET")


def test_a_fetch_mode_is_found_by_name() -> None:
    assert [FetchMode.named(name) for name in ("peers", "one", "never")] == list(FetchMode)


@pytest.mark.parametrize("error", [InvalidValue, QueryError])
def test_an_unknown_fetch_mode_is_an_error_with_near_names(error: type[InvalidValue | QueryError]) -> None:
    with pytest.raises(error, match=r"There is no fetch mode 'peer', only 'peers', 'one', 'never'\..*'peers'"):
        FetchMode.named("peer", error=error)


def test_identities_and_references_are_compared_by_value() -> None:
    assert Identity("Context", ("a",)) == Identity("Context", ("a",)) != Identity("User", ("a",))
    reference = Reference("Metadata", (("parent_id", "p"), ("key", "k")))
    assert reference == Reference("Metadata", (("parent_id", "p"), ("key", "k")))
    assert reference.id == "p"
