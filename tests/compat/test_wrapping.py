"""Entities and sessions of the library in the form of the official client, and back."""

from __future__ import annotations

import pytest

import ftrack_orm
from ftrack_orm import compat, errors
from ftrack_orm.sandbox import Sandbox


def test_an_entity_is_wrapped_after_its_session(box: Sandbox) -> None:
    with ftrack_orm.Session(box.url, box.api_key, box.api_user) as session:
        status = session.query("Status").first()
        with pytest.raises(errors.UsageError, match=r"Wrap it first: wrap\(session\)"):
            compat.wrap(status)
        wrapped_session = compat.wrap(session)
        wrapped = compat.wrap(status)
        assert wrapped.session is wrapped_session
        assert compat.unwrap(wrapped) is status
