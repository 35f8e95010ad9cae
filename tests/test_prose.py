"""Check names and prose against the vocabulary: CONTRIBUTING states the rules, this module holds the lists."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("ftrack_orm", "benchmarks", "tests", "docs")
#: The text of each source file.
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "node_modules" not in path.parts and path != Path(__file__)
}
#: The sources by package: a test of its own for each of hundreds of files takes longer than the check.
PACKAGES: dict[str, list[Path]] = {}
for source in SOURCES:
    PACKAGES.setdefault("/".join(source.relative_to(ROOT).parent.parts[:2]), []).append(source)
#: CONTRIBUTING quotes the retired words.
PAGES = [
    path
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changes").glob("*.md")])
    if path.name != "CONTRIBUTING.md"
]


def _frozen(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words that are no part of a name any more. CONTRIBUTING has the words that replace them.
RETIRED_IN_NAMES = _frozen(
    "borrow borrowed correspondent doubt doubtful dense ear hear heard house inbox judge lane lanes letter letters loan"
    " news nobody plant planted repeatable seam settle settled settles somebody strange tell telling tells told whoever"
)
#: Names of Python's own protocols, which are no choice of ours: the position of a stream.
PROTOCOL_NAMES = frozenset({"tell"})
#: Module and class names that were replaced; each would have passed the check by words.
RETIRED_NAMES = _frozen(
    "LineError EventLine OpenLine WebSocketLine SeenEvents AwaitedReplies MissedEvents ChangesWanted Vocabulary"
    " AttributeWords TypeWords Recorded Followed Held Sighting Fate Pointer Stamp CHUNK MANY SERIES PAUSE ATTEMPTS PAGE"
    " READ MOST _FEW _KEPT _SLICE Answer Place Walk WatchedAdapter"
)
#: Phrases that documentation, comments and messages do without.
RETIRED_PHRASES = re.compile(
    r"\b((?i:somebody|whoever|nobody|correspondents?|lanes?|seam|news|told|tells?|telling|hears?|heard|strange"
    r"|doubt(ful)?|how many it were|on the line|over the line|judges?)|is none|are none)\b"
)
#: The share of docstring sentences that may contain a clause with "what".
SHARE_OF_WHAT = 0.02

_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
#: A part of ftrack's query language: `status is none`. In prose it stands between backticks, on pages also in strings.
_QUERY_SYNTAX_ON_PAGES = re.compile(r"[`\"][^`\"\n]*\bis none\b[^`\"\n]*[`\"]")
#: Names of other libraries, such as `Data.tell` on the page that compares the official clients with this library.
_NAMES_ON_PAGES = re.compile(r"`\w+\.\w+`")
_QUERY_SYNTAX = re.compile(r"`[^`\n]*\bis none\b[^`\n]*`")


def words_of(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def names_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of every name that the code defines; the names of tests are sentences and left out."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not node.name.startswith("test_"):
                yield node.lineno, node.name
            yield from ((each.lineno, each.arg) for each in ast.walk(node.args) if isinstance(each, ast.arg))
        elif isinstance(node, ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id if isinstance(node, ast.Name) else node.attr


def prose_in(source: str, *, is_test: bool) -> Iterator[tuple[int, str]]:
    """Yield line and text of the comments and of every string that reads like prose.

    Strings of tests that are no docstrings may contain `is none`, because most of them are queries.
    """
    lines_of_docstrings = {line for line, _ in docstrings_in(ast.parse(source))}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        is_string = token.type in (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1))
        if token.type != tokenize.COMMENT and not (is_string and " " in token.string):
            continue
        if is_string and token.start[0] not in lines_of_docstrings and is_test:
            yield token.start[0], re.sub(r"\bis none\b", "", token.string)
        else:
            yield token.start[0], _QUERY_SYNTAX.sub("", token.string)


def may_define_retired_name(source: str) -> bool:
    """Whether any identifier in *source* contains a retired word: a quick look before the code is parsed."""
    return any(RETIRED_IN_NAMES.intersection(words_of(name)) or name in RETIRED_NAMES for name in identifiers(source))


def identifiers(source: str) -> set[str]:
    """Return everything in *source* that looks like an identifier, in comments and strings too."""
    return set(_IDENTIFIER.findall(source))


def docstrings_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the first line and the text of every docstring."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node)
            if docstring:
                yield node.body[0].lineno, docstring


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_retired_name_is_defined(package: str) -> None:
    found = [
        f"{relative(path)}:{line}: {name}"
        for path in PACKAGES[package]
        if may_define_retired_name(f"{path.stem}\n{SOURCES[path]}")
        for line, name in [(0, path.stem), *names_in(ast.parse(SOURCES[path]))]
        if name in RETIRED_NAMES or (name not in PROTOCOL_NAMES and RETIRED_IN_NAMES.intersection(words_of(name)))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_retired_phrase_stands_in_the_code(package: str) -> None:
    found = [
        f"{relative(path)}:{line}: {match.group()!r} in {text.strip()[:100]!r}"
        for path in PACKAGES[package]
        if RETIRED_PHRASES.search(SOURCES[path])  # most files need not be divided into tokens
        for line, text in prose_in(SOURCES[path], is_test=relative(path).startswith("tests/"))
        for match in RETIRED_PHRASES.finditer(text)
    ]
    assert not found, "\n".join(found)


def test_no_retired_phrase_stands_on_a_page() -> None:
    found = [
        f"{relative(path)}:{number}: {match.group()!r}"
        for path in PAGES
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in RETIRED_PHRASES.finditer(_NAMES_ON_PAGES.sub("", _QUERY_SYNTAX_ON_PAGES.sub("", text)))
    ]
    assert not found, "\n".join(found)


def test_few_sentences_hang_on_what() -> None:
    sentences = [
        sentence
        for path in SOURCES
        if relative(path).startswith("ftrack_orm")
        for _, docstring in docstrings_in(ast.parse(SOURCES[path]))
        for sentence in _SENTENCE_END.split(docstring)
        if sentence.strip()
    ]
    hanging = [sentence for sentence in sentences if re.search(r"\bwhat(ever)?\b", sentence, re.IGNORECASE)]
    assert len(hanging) <= SHARE_OF_WHAT * len(sentences), "\n".join(
        [f"{len(hanging)} of {len(sentences)} sentences:", *hanging[:40]]
    )


def test_the_check_sees_comments_docstrings_and_messages_but_not_queries() -> None:
    source = '''
"""Docstring: a name that is none, `status is none`."""
QUERY = "status is none"
MESSAGE = f"The server told {QUERY}."  # a strange comment
'''
    found = [
        (line, match.group())
        for line, text in prose_in(source, is_test=True)
        for match in RETIRED_PHRASES.finditer(text)
    ]
    assert found == [(2, "is none"), (4, "told"), (4, "strange")]
    in_package = [line for line, text in prose_in(source, is_test=False) if RETIRED_PHRASES.search(text)]
    assert in_package == [2, 3, 4, 4]


def test_the_check_sees_every_kind_of_name() -> None:
    source = "class News:\n    def tell(self, lane): self.letter = house = 1\ndef test_doubt(): pass\n"
    names = [name for _, name in names_in(ast.parse(source)) if RETIRED_IN_NAMES.intersection(words_of(name))]
    assert sorted(names) == ["News", "house", "lane", "letter", "tell"]
