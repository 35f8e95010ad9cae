"""Profiles as HTML."""

from __future__ import annotations

from ftrack_orm import Session
from tests.notebook.pages import Page
from tests.production import Production


def test_a_profile_has_a_row_for_each_request_and_the_sums(session: Session, production: Production) -> None:
    with session.profile() as profile:
        session.query("Task").where(project_id=production.project).all()
        session.query("Shot").where(project_id=production.project).all()
    page = Page(profile._repr_html_())
    assert page.rows[0] == ["#", "operations", "sent", "received", "ms", "line", "request"]
    assert [row[0] for row in page.rows[1:]] == ["1", "2", "2"]
    assert "test_profile_html.py" in page.rows[1][5]
    assert "Shot" in page.rows[2][6]
    assert page.rows[-1][-1] == "in all"
    assert str(profile).count("in all") == 1


def test_a_profile_without_requests_has_sums(session: Session) -> None:
    with session.profile() as profile:
        pass
    assert Page(profile._repr_html_()).rows[-1][0] == "0"
