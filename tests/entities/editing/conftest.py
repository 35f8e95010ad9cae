"""Entities that tests of editing change."""

import pytest


@pytest.fixture
def task(session, production):
    return (
        session.query("Task").where(f'id is "{production.tasks[0]}"').select("name", "bid", "status", "status_id").one()
    )


@pytest.fixture
def statuses(session):
    return session.query("Status").select("name").all()
