"""The server's information by names: known ones without a request, others requested once and together."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.testing import requests_made
from tests.assertions import existing


def test_the_known_names_are_a_mapping_that_makes_no_further_request(session: Session) -> None:
    session.query("User").first()
    with requests_made(session) == 0:
        information = session.server_information
        assert "version" in information
        assert set(information) >= {"version", "schema_hash"}
        assert len(information) == len(list(information)) == len(dict(information))
        assert information["version"] == information.get("version")
        assert "version" in repr(information)
        assert "week_startday" not in information
        assert information == dict(information)


def test_another_name_is_requested_once(session: Session) -> None:
    session.query("User").first()
    with requests_made(session) == 1:
        assert session.server_information["week_startday"] == 1
    with requests_made(session) == 0:
        assert session.server_information["week_startday"] == 1
        assert "week_startday" in session.server_information


def test_several_names_are_requested_together(session: Session) -> None:
    session.query("User").first()
    with requests_made(session) == 1:
        values = session.server_information("workday_length", "user_information", "version", "workday_length")
    assert list(values) == ["workday_length", "user_information", "version"]
    assert values["user_information"]["username"] == session.api_user
    assert values["version"] == session.server_information["version"]


def test_a_name_that_the_server_does_not_have_is_requested_once(session: Session) -> None:
    session.query("User").first()
    with requests_made(session) == 1:
        for _ in range(2):
            with pytest.raises(errors.UnknownName, match=r"'versions'.*'version'"):
                session.server_information["versions"]
            assert session.server_information.get("versions", "absent") == "absent"


@pytest.mark.parametrize("wrong", [5, "", None, ["version"]])
def test_a_name_is_a_text(session: Session, wrong: object) -> None:
    session.query("User").first()
    with requests_made(session) == 0, pytest.raises(errors.InvalidValue, match="by names"):
        session.server_information(wrong)  # type: ignore[arg-type]


def test_the_information_cannot_be_changed(session: Session) -> None:
    with pytest.raises(TypeError):
        session.server_information["version"] = "1"  # type: ignore[index]
    assert existing(session.server_information.get("version")) != "1"
