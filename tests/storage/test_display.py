"""Progress is shown in a terminal with rich, or given to a callback."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from ftrack_orm.storage.display import shown_progress
from ftrack_orm.storage.progress import Progress


def test_a_bar_is_drawn_for_true() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120)
    with shown_progress(True, "Uploading", console) as show:
        assert show is not None
        show(Progress(0, None, 0, 3))
        show(Progress(512_000, 1_024_000, 1, 3, "a"))
        show(Progress(1_024_000, 1_024_000, 3, 3, "b"))
    assert "Uploading 3 of 3 files" in written.getvalue()
    assert "1.0/1.0 MB" in written.getvalue()


def test_a_callback_is_used_as_it_is() -> None:
    def callback(progress: Progress) -> None:
        """Do nothing."""

    with shown_progress(callback, "Uploading") as show:
        assert show is callback


@pytest.mark.parametrize("option", [None, False])
def test_nothing_is_shown_otherwise(option: bool | None) -> None:
    with shown_progress(option, "Uploading") as show:
        assert show is None


def test_nothing_is_shown_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        with shown_progress(True, "Uploading") as show:
            assert show is None


def test_nothing_is_shown_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with shown_progress(True, "Uploading", Console(file=io.StringIO())) as show:
        assert show is None


def test_a_terminal_that_another_display_uses_is_left_alone() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    with console.status("working"), shown_progress(True, "Uploading", console) as show:
        # Newer versions of rich show both.
        if show is not None:
            show(Progress(1, 2, 0, 1))


def test_the_bar_ends_with_an_exception() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    with pytest.raises(ZeroDivisionError), shown_progress(True, "Uploading", console):
        raise ZeroDivisionError
    with shown_progress(True, "Uploading", console) as show:
        assert show is not None
