"""Entities are formatted as by the official client."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.compat.conftest import Both, Studio


def test_entities_are_formatted_with_related_ones(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(studio: Studio) -> Any:
        pretty = studio.client.formatter
        where = f'from Task where id is "{studio.production.tasks[4]}"'
        session = studio.connect(studio.client)
        task = session.query(f"select name, bid, status.name, project.full_name {where}").one()
        with session.auto_populating(False):
            text = pretty.format(
                task,
                attribute_filter=lambda entity, name, value: (
                    pretty.FILTER["ignore_unset"](entity, name, value)
                    and name in ("name", "bid", "status", "full_name", "project")
                ),
                formatters={"label": str.upper},
            )
        return re.sub(r"film\d+|Film \d+", "film", text)

    monkeypatch.setenv("NO_COLOR", "1")
    assert "NAME: task04" in both(run)
