"""The small schema, for each test to change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.small_schema import small_schema


@pytest.fixture
def answer() -> list[dict[str, Any]]:
    """The reply to `query_schemas`, with each kind of attribute and type."""
    return small_schema()
