"""Reads HTML tables as a browser does."""

from __future__ import annotations

from html.parser import HTMLParser

_BLOCKS = ("table", "caption", "thead", "tbody", "tr", "th", "td", "div")
#: The elements that tables consist of. Text never adds another one.
ELEMENTS = {*_BLOCKS, "a", "img", "span", "small", "b", "i", "s", "br"}
_EMPTY = {"img", "br"}


class Page(HTMLParser):
    """The elements of one piece of HTML: *rows* of texts, *links*, *pictures*, *caption* and *notes*."""

    def __init__(self, html: str | None) -> None:
        super().__init__()
        assert html is not None
        self.rows: list[list[str]] = []
        self.links: dict[str, str] = {}
        self.pictures: list[str] = []
        self.caption = ""
        self.notes: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        assert not self._open, "an element is not closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS
        assert {name for name, _ in attributes} <= {"style", "href", "target", "rel", "src", "alt"}
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "small":
            self.notes.append("")
        elif tag == "img":
            self.pictures.append(str(dict(attributes)["src"]))
        if tag not in _EMPTY:
            self._open.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for tag, attributes in self._open:
            if tag in ("td", "th"):
                self.rows[-1][-1] += data
            elif tag == "caption":
                self.caption += data
            elif tag == "small":
                self.notes[-1] += data
            elif tag == "a":
                self.links[data] = str(attributes["href"])
