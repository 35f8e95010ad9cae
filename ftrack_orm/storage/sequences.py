"""Edge: file sequences: their text form `plate.%04d.exr [1-5, 8]`, and the sequences in a folder."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, TypeAlias, Union

import attrs
import clique

from ftrack_orm.errors import InvalidValue, ResourceNotFound, quoted

from .atomic_files import TEMPORARY_NAME
from .identifiers import frame_pattern, sequence_expression, split_expression
from .system_errors import storage_errors

#: The number of files that a sequence may have; a mistyped range has more.
MAX_MEMBERS: Final = 1_000_000
#: File types of movies: `take_1.mov` and `take_2.mov` are two movies and not two frames.
MOVIE_TYPES: Final = frozenset(
    [".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mpeg", ".mxf", ".webm", ".wmv", ".r3d", ".braw"]
)
#: The number of a frame in a file name: between a separator, or the beginning, and the file type. In clique's form.
_FRAME_NUMBER: Final = re.compile(r"(?:\A|(?<=[._-]))(?P<index>(?P<padding>0*)[0-9]+)(?=\.[^.%]+\Z)")
_WITH_RANGES: Final = re.compile(r".*%(?:0?[0-9]{1,2})?d.* \[(?P<ranges>[0-9 ,\-]*)\]\Z")
_RANGE: Final = re.compile(r" *([0-9]{1,18})(?:-([0-9]{1,18}))? *")


@attrs.frozen
class SingleFile:
    """A file that belongs to no sequence. `str()` of it is its path."""

    path: str

    @property
    def name(self) -> str:
        """The name of the file without its type."""
        return os.path.splitext(os.path.basename(self.path))[0]

    @property
    def file_type(self) -> str:
        """The type of the file with its dot, as `.exr`, or an empty text."""
        return os.path.splitext(self.path)[1]

    def __str__(self) -> str:
        return self.path


@attrs.frozen
class FileSequence:
    """Files that differ in a number: *head*, the number with *padding* digits (0: no leading zeros), and *tail*.

    *indexes* are the numbers, in order. `str()` of it is the text that `FileSequence.parse` reads:
    `/path/plate.%04d.exr [1-5, 8]`.
    """

    head: str
    tail: str
    padding: int
    indexes: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> FileSequence | None:
        """Return the sequence of a text as `/path/plate.%04d.exr [1-5, 8]`, or None if it has another form.

        Raises `InvalidValue` for ranges that cannot be read, and for those of no files or of more than `MAX_MEMBERS`.
        """
        match = _WITH_RANGES.match(text)
        if match is None:
            return None
        _check_ranges(text, match["ranges"])
        collection = clique.parse(text)
        return cls(collection.head, collection.tail, collection.padding, tuple(collection.indexes))

    @property
    def path(self) -> str:
        """The path with an expression instead of the number, as `/path/plate.%04d.exr`."""
        return f"{self.head}{sequence_expression(self.padding)}{self.tail}"

    @property
    def name(self) -> str:
        """The name of the files without number and type; that of their folder if nothing is left."""
        folder, name = os.path.split(self.head)
        name = name.rstrip("._- ") + os.path.splitext(f"0{self.tail}")[0][1:].rstrip("._- ")
        return name or os.path.basename(folder) or "sequence"

    @property
    def file_type(self) -> str:
        """The type of the files with its dot, as `.exr`, or an empty text."""
        return os.path.splitext(f"0{self.tail}")[1]

    def members(self) -> list[tuple[str, str]]:
        """Return the number, as it stands in the file name, and the path of each file, in order."""
        numbers = [f"{index:0{self.padding}d}" for index in self.indexes]
        return [(number, f"{self.head}{number}{self.tail}") for number in numbers]

    def __len__(self) -> int:
        return len(self.indexes)

    def __str__(self) -> str:
        return f"{self.path} [{', '.join(_ranges(self.indexes))}]"


#: A component that a folder has files for.
FoundFiles: TypeAlias = Union[SingleFile, FileSequence]


def _check_ranges(text: str, ranges: str) -> None:
    """Raise `InvalidValue` for ranges that clique would misread, or expand to more numbers than fit into memory."""
    total = 0
    for part in ranges.split(","):
        match = _RANGE.fullmatch(part)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            raise InvalidValue(
                f"The file sequence {quoted(text)} has the range {quoted(part.strip())}, which is no number and no"
                " range of numbers as 1-5. Separate ranges by commas."
            )
        total += int(match[2] or match[1]) - int(match[1]) + 1
    if total > MAX_MEMBERS:
        raise InvalidValue(
            f"The file sequence {quoted(text)} has {total:,} files, which is more than {MAX_MEMBERS:,}. Check its"
            " ranges."
        )


def _ranges(indexes: Iterable[int]) -> list[str]:
    ranges: list[list[int]] = []
    for index in indexes:
        if ranges and index == ranges[-1][1] + 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return [f"{first}-{last}" if first != last else f"{first}" for first, last in ranges]


def sequence_at(path: str | os.PathLike[str]) -> FileSequence | None:
    """Return the sequence that *path* stands for, or None if it is the path of a single file.

    Ranges in brackets state the numbers. Without them, as in `/path/plate.%04d.exr`, the files in the folder do.

    Raises `ResourceNotFound` when there is no such file, and `InvalidValue` for wrong ranges.
    """
    text = os.fspath(path)
    sequence = FileSequence.parse(text)
    if sequence is not None:
        return sequence
    folder, name = os.path.split(text)
    parts, pattern = split_expression(name), frame_pattern(name)
    if parts is None or pattern is None or os.path.lexists(text):
        return None
    head, padding, tail = os.path.join(folder, parts[0]), parts[1], parts[2]
    with storage_errors("list", folder):
        matches = [match for each in os.listdir(folder or ".") if (match := pattern.match(each))]
    if not matches:
        raise ResourceNotFound(f"There are no files {quoted(text)}.", path=text)
    return FileSequence(head, tail, padding, tuple(sorted(int(match["index"]) for match in matches)))


def components_in(
    folder: str | os.PathLike[str], *, recursive: bool = False, hidden: bool = False, minimum: int = 2
) -> list[FoundFiles]:
    """Return the sequences and single files in a folder, by path; every file is in one of them.

    Files form a sequence when only the number before their type differs, and there are at least *minimum* of them.
    Movies form none. With *recursive*, the folders in it count too, and symbolic links to folders do not. Files whose
    names begin with a dot count only if *hidden* is true. `str()` of each result can be passed to `create_component`.
    """
    found: list[FoundFiles] = []
    pending = [os.fspath(folder)]
    while pending:
        current = pending.pop()
        names: list[str] = []
        with storage_errors("list", current):
            for entry in os.scandir(current):
                if TEMPORARY_NAME.fullmatch(entry.name) or (entry.name.startswith(".") and not hidden):
                    continue
                if entry.is_file():
                    names.append(entry.name)
                elif recursive and entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
        found.extend(group_files(names, current, minimum=minimum))
    return sorted(found, key=str)


def group_files(names: Iterable[str], folder: str = "", *, minimum: int = 2) -> list[FoundFiles]:
    """Return the sequences and single files that *names* of files in *folder* form."""
    names = sorted(names)
    prefix = os.path.join(folder, "")
    by_text: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        match = _FRAME_NUMBER.search(name)
        if match is not None and os.path.splitext(name)[1].lower() not in MOVIE_TYPES:
            by_text[name[: match.start()], name[match.end() :]].append(name)
    found: list[FoundFiles] = []
    grouped: set[str] = set()
    for (head, tail), group in by_text.items():
        if len(group) < minimum:
            continue
        # All at once, clique would compare every file that is in no sequence with every other.
        collections, _ = clique.assemble(group, patterns=[_FRAME_NUMBER], minimum_items=1)
        for padding, indexes in _without_overlaps(sorted(collections, key=lambda each: -each.padding)):
            sequence = FileSequence(prefix + head, tail, padding, tuple(sorted(indexes)))
            if len(sequence) >= minimum:
                found.append(sequence)
                grouped.update(f"{head}{number}{tail}" for number, _ in sequence.members())
    found.extend(SingleFile(prefix + name) for name in names if name not in grouped)
    return found


def _without_overlaps(group: list[clique.Collection]) -> list[tuple[int, set[int]]]:
    """Return padding and indexes of collections that differ in padding only, with every file in one of them.

    clique leaves 1000 in a padded and an unpadded collection where there is a file 10000 too. Numbers with more digits
    than the padding belong to the padded sequence, whose expression forms them as well.
    """
    result: list[tuple[int, set[int]]] = []
    for collection in group:
        indexes = set(collection.indexes)
        if collection.padding == 0:
            for padding, padded in result:
                indexes -= {index for index in indexes if index in padded and len(str(index)) >= padding}
                longer = {index for index in indexes if len(str(index)) > padding}
                padded |= longer
                indexes -= longer
        if indexes:
            result.append((collection.padding, indexes))
    return result
