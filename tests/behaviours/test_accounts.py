"""The accounts of users: invitations and API keys."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.production import Production


@pytest.fixture
def user(session: Session, production: Production) -> Any:
    user = session.create("User", username=f"member of {production.name}", is_active=True)
    session.commit()
    return user


def test_an_invitation_makes_one_request(session: Session, user: Any) -> None:
    with requests_made(session) as made:
        user.send_invite()
    assert made == 1
    with pytest.raises(errors.UsageError, match="commit <User"):
        session.create("User", username="new").send_invite()


def test_a_new_key_replaces_the_old_one(box: Sandbox, user: Any) -> None:
    keys = [user.reset_api_key() for _ in range(2)]
    with Session(box.url, keys[1], user.username, schema_cache_path=False) as allowed:
        assert allowed.query("User").first() is not None
    refused = Session(box.url, keys[0], user.username, schema_cache_path=False)
    with refused, pytest.raises(errors.AuthenticationError):
        refused.query("User").first()
