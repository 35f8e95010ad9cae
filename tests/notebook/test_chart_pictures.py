"""The pictures of the page about notebooks are those that its examples draw."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.notebook.chart_pictures import FOLDER, HOWTO, draw, texts_of
from tests.property_settings import IN_FULL

PICTURES = sorted(FOLDER.iterdir())


def test_the_page_shows_a_small_picture_for_each_figure_of_its_examples() -> None:
    page = HOWTO.read_text(encoding="utf-8")
    figures = re.findall(r'plt\.subplots\(num="(\w+)"', page)
    assert [f"notebooks/{name}.svg" for name in figures] == re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page)
    assert sorted(f"{name}.svg" for name in figures) == [path.name for path in PICTURES]
    for path in PICTURES:
        assert path.stat().st_size < 60_000
        assert texts_of(path)


@pytest.mark.skipif(not IN_FULL, reason="the page itself is run by tests/test_documentation.py; drawing takes seconds")
def test_the_examples_draw_the_pictures_of_the_page(tmp_path: Path) -> None:
    """The remedy is `python -m tests.notebook.chart_pictures`."""
    drawn = draw(tmp_path)
    assert sorted(path.name for path in drawn) == [path.name for path in PICTURES]
    for path in drawn:
        assert texts_of(path) == texts_of(FOLDER / path.name)
