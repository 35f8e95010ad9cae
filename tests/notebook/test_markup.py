"""Pieces of HTML."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.notebook.markup import Markup, colored, link, picture, table, text
from tests.notebook.pages import Page

#: Texts with the characters that HTML gives a meaning.
HOSTILE = st.text(st.sampled_from("<>&\"'/=; \x00\x1b\u202e" + string.ascii_lowercase), max_size=60)


@given(HOSTILE, HOSTILE)
def test_any_text_is_shown_as_it_is_and_adds_no_element(content: str, url: str) -> None:
    page = Page(
        table([content], [[content, link(content, url), colored(content, content), picture(url)]], caption=content)
    )
    shown = content if content.isprintable() else None
    assert shown is None or (page.rows[0] == [shown] and page.rows[1] == [shown] * 3 + [""])
    assert not page.pictures
    assert not page.links


def test_links_lead_to_web_pages_only() -> None:
    assert Page(link("a", "https://x.example/?a=1&b=2")).links == {"a": "https://x.example/?a=1&b=2"}
    for url in (None, "", "javascript:alert(1)", "data:text/html,x", "//x.example", " https://x.example"):
        assert link("a", url) == "a"


def test_pictures_hold_their_content() -> None:
    assert Page(picture("data:image/png;base64,AAAA")).pictures == ["data:image/png;base64,AAAA"]
    for source in (None, "https://x.example/a.png", "data:text/html;base64,AAAA", 'data:image/png;base64,"'):
        assert picture(source) == ""


@pytest.mark.parametrize("color", ["red", "#12", "#123456;x", None, 5])
def test_a_color_is_one_as_ftrack_writes_them(color: object) -> None:
    assert colored("a", color) == "a"
    assert "#1CBC90" in colored("a", "#1CBC90")


def test_long_texts_are_cut_and_unprintable_characters_are_visible() -> None:
    assert text("a" * 300) == "a" * 200 + "…"
    assert text("a\x1b\u202e\nb") == "a\\x1b\\u202e\nb"


def test_numbers_are_aligned_to_the_right_and_markup_is_kept() -> None:
    html = table(["n"], [[1], [Markup("<b>x</b>")]], notes=["a note"])
    assert '<td style="text-align:right">1</td>' in html
    assert '<td style="text-align:left"><b>x</b></td>' in html
    assert Page(html).notes == ["a note"]
