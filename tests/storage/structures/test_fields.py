"""Templates and their fields."""

from __future__ import annotations

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.structures.fields import TemplateField, parse_template

WORDS = ("version", "parents", "name", "file_type", "id")


def test_a_template_has_texts_and_fields() -> None:
    assert parse_template("a/{asset.name}_v{version:03d}{file_type}", WORDS, ["asset"]) == [
        *("a/", TemplateField(("asset", "name")), "_v", TemplateField(("version",), "03d"), TemplateField.FILE_TYPE)
    ]


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("", "has to be a relative path"),
        ("/{name}", "has to be a relative path"),
        ("a/../{name}", "has to be a relative path"),
        ("a//{name}", "has to be a relative path"),
        ("{nam}", r"unknown field \{nam\}. Did you mean 'name'\?"),
        ("{asset}", r"an entity. Name an attribute, as \{asset.name\}"),
        ("{asset.name!r}", "is no path of attributes"),
        ("{asset.na me}", "is no path of attributes"),
        ("{}", "unknown field"),
        ("{name", "expected '}'"),
        ("a:{name}", "characters that some file systems refuse"),
        ("{file_type}/{name}", "may stand at the end only"),
        ("{name}{file_type:>5}", "may stand at the end only"),
        ("a{parents}/{name}", "between two '/'"),
        ("{name}/{parents}", "between two '/'"),
        ("{version:03d}/{name}_v{version}", "with different formats"),
    ],
)
def test_a_template_that_cannot_be_used_says_why(template: str, reason: str) -> None:
    with pytest.raises(errors.InvalidValue, match=f"cannot be used: .*{reason}"):
        parse_template(template, WORDS, ["asset"])


def test_a_template_is_a_text() -> None:
    with pytest.raises(errors.InvalidValue):
        parse_template(5, WORDS, [])  # type: ignore[arg-type]
