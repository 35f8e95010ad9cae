from __future__ import annotations

import pytest

from ftrack_orm.query.evaluation.patterns import compile_pattern
from ftrack_orm.query.expressions.attributes import attr

from .entities import matches


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("sh%", "SH010", "ash"),
        ("%0%0", "sh0100", "sh01"),
        ("a%a", "aba", "a"),
        (r"100\%", "100%", "100x"),
        (r"a\\b", r"a\b", "ab"),
        ("a_b", "A_B", "axb"),
        ("Ü%", "Üni", "üni"),
        ("", "", "a"),
        ("%", "", None),
    ],
)
def test_a_pattern_matches_the_whole_text(pattern: str, matching: str, other: str | None) -> None:
    assert compile_pattern(pattern)(matching)
    assert other is None or not compile_pattern(pattern)(other)


def test_an_escaped_text_matches_only_itself() -> None:
    for text in ("100%", "back\\slash", "50\\%", "\\", "%", "a_b"):
        for criterion in (attr("name").startswith(text), attr("name").contains(text), attr("name").endswith(text)):
            assert matches(criterion.node, {"name": text})
            assert not matches(criterion.node, {"name": text.replace("%", "x").replace("\\", "/").replace("_", "x")})
