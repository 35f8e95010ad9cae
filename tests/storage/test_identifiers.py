"""Parts of resource identifiers, names that every file system accepts, and sequence expressions."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm import errors
from ftrack_orm.storage import identifiers

NAMES = st.text(max_size=40) | st.sampled_from(
    ["con", "NUL.exr", "com1.tar.gz", "..", ".", "a/b", "a\\b", "a\0b", " x ", "x.", "plate: v2?", "Ünïcode", "\ud800"]
)


@pytest.mark.parametrize(
    ("identifier", "parts"),
    [("", []), ("a/b.exr", ["a", "b.exr"]), ("a//./b/", ["a", "b"]), ("a/../b", ["b"]), ("…/a", ["…", "a"])],
)
def test_an_identifier_has_parts(identifier: str, parts: list[str]) -> None:
    assert identifiers.split(identifier) == parts


@pytest.mark.parametrize("identifier", ["/etc/passwd", "..", "../a", "a/../../b", "a\0b", "a\ud800", "//host/share"])
def test_an_identifier_that_leads_out_of_the_storage_is_invalid(identifier: str) -> None:
    with pytest.raises(errors.ResourceInvalid, match="cannot be used") as caught:
        identifiers.split(identifier)
    assert caught.value.resource_identifier == identifier


def test_an_identifier_is_a_text() -> None:
    with pytest.raises(errors.ResourceInvalid, match=r"must be a str, not b'a'"):
        identifiers.split(b"a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a:b", "contains ':'"),
        ("a\nb", r"contains '\n'"),
        ("NUL", "reserves"),
        ("Com1.exr", "reserves"),
        ("a.", "ends with a dot"),
        ("a ", "ends with a dot or a space"),
        ("ü" * 128, "more than 255 bytes"),
        ("..", "names no file"),
    ],
)
def test_names_that_some_system_refuses_have_a_reason(name: str, reason: str) -> None:
    assert reason in (identifiers.problem_of_name(name) or "")


@pytest.mark.parametrize("name", ["plate.0001.exr", ".hidden", "Ünïcode 名前", "console", "com", "a..b", "com10"])
def test_ordinary_names_have_no_problem(name: str) -> None:
    assert identifiers.problem_of_name(name) is None
    identifiers.check_names(f"folder/{name}")


def test_an_identifier_with_such_a_name_is_refused_for_writing() -> None:
    with pytest.raises(errors.ResourceInvalid, match=r"'a/con/b'.*'con'.*Rename"):
        identifiers.check_names("a/con/b")


@given(NAMES)
def test_every_name_has_a_legal_form_that_stays(name: str) -> None:
    legal = identifiers.legal_name(name)
    assert len(legal.encode()) > 255 or identifiers.problem_of_name(legal) is None
    assert identifiers.legal_name(legal) == legal
    assert unicodedata.is_normalized("NFC", legal)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_letters_and_digits_of_all_languages_are_kept(name: str) -> None:
    if identifiers.problem_of_name(name) is None:
        assert identifiers.legal_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "matching", "others"),
    [
        ("a.%04d.exr", ["a.0001.exr", "a.12345.exr"], ["a.001.exr", "a.01234.exr", "a.exr", "a.0001.exr\n"]),
        ("a.%d.exr", ["a.0.exr", "a.7.exr", "a.123.exr"], ["a.07.exr", "a..exr"]),
        ("%d(%02d)", ["%d(01)"], ["1(01)"]),
    ],
)
def test_a_sequence_expression_matches_its_files(name: str, matching: list[str], others: list[str]) -> None:
    pattern = identifiers.frame_pattern(name)
    assert pattern is not None
    assert all(pattern.match(each) for each in matching)
    assert not any(pattern.match(each) for each in others)


def test_a_name_without_an_expression_is_no_sequence() -> None:
    assert identifiers.frame_pattern("a.0001.exr") is None
    assert identifiers.split_expression("100%") is None


@given(st.integers(0, 9), st.integers(0, 10**6))
def test_the_expression_of_a_padding_matches_numbers_of_it(padding: int, index: int) -> None:
    name = f"a.{identifiers.sequence_expression(padding)}.b"
    pattern = identifiers.frame_pattern(name)
    assert pattern is not None
    match = pattern.match(f"a.{index:0{padding}d}.b")
    assert match is not None
    assert int(match["index"]) == index
    assert identifiers.split_expression(name) == ("a.", padding, ".b")
