"""Pure: the positions of entity types in a picture of a schema, and the relations that the picture shows.

The picture of a whole schema has a panel for each group of types that have more relations among each other than with
other types. The picture of the types around one has columns: the types that refer to it are on the left, those that it
refers to are on the right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Union

import attrs

from .attribute import Kind

if TYPE_CHECKING:
    from .model import EntityType, Schema

#: Sizes in pixels: a line of text, a character of it on average, and the distance between boxes.
LINE: Final = 16
_CHARACTER: Final = 6.9
_BOLD_CHARACTER: Final = 7.7
_GAP: Final = 24
#: The distance between columns, in which the lines of relations run.
_COLUMN_GAP: Final = 90
#: The height of a column of a panel, unless a box is higher.
_PANEL_HEIGHT: Final = 900
#: The width of a row of panels.
_ROW_WIDTH: Final = 3600


@attrs.frozen
class Relation:
    """A line of a box: the attribute, the type that it leads to, and the kind of relation."""

    attribute: str
    target: str
    kind: Kind
    box: str  # the type in the picture that the line ends at

    @property
    def words(self) -> str:
        """The relation as text: an arrow before the target, and `*` behind it for any number of entities."""
        return f"{self.attribute} \N{RIGHTWARDS ARROW} {self.target}{'' if self.kind is Kind.REFERENCE else ' *'}"


@attrs.frozen
class Box:
    """An entity type in the picture, with the relations that it does not inherit."""

    name: str
    base: Union[str, None]
    scalars: tuple[str, ...]
    relations: tuple[Relation, ...]
    x: float = 0
    y: float = 0

    @property
    def title(self) -> str:
        """The name with the base of the type."""
        return f"{self.name} ({self.base})" if self.base else self.name

    @property
    def width(self) -> float:
        """The width in pixels."""
        longest = max((len(each.words) for each in self.relations), default=0)
        return round(max(longest * _CHARACTER + LINE, len(self.title) * _BOLD_CHARACTER) + LINE, 1)

    @property
    def height(self) -> float:
        """The height in pixels."""
        return LINE * (len(self.relations) + 2)


@attrs.frozen
class Drawing:
    """Boxes with positions, and the size of the picture in pixels."""

    boxes: tuple[Box, ...]
    width: float
    height: float


def draw(schema: Schema, around: Sequence[str] = (), depth: int = 1) -> Drawing:
    """Return the picture of a schema, or of the types that are at most *depth* relations away from those *around*."""
    if not around:
        boxes = {name: _box(schema, schema.types[name], own=True) for name in sorted(schema.types)}
        return _panels([[boxes[name] for name in group] for group in _groups(boxes)])
    focus = [schema.type(name).name for name in around]
    boxes = {name: _box(schema, schema.types[name], own=name not in focus) for name in sorted(schema.types)}
    # A reference to a base may lead to an entity of the type.
    leads_to = {base: name for name in focus for base in schema.types[name].bases if base not in focus}
    boxes = {name: _redirected(box, leads_to) for name, box in boxes.items()}
    columns = _columns(boxes, focus, depth)
    return _placed([[_between(boxes[name], column, columns) for name in column] for column in columns], _COLUMN_GAP)


def _box(schema: Schema, entity_type: EntityType, *, own: bool) -> Box:
    """Return the box of a type with its *own* relations only, or with those that it inherits too."""
    inherited = {name for base in entity_type.bases for name in schema.types[base].attributes} if own else set()
    attributes = [entity_type.attributes[name] for name in sorted(entity_type.attributes) if name not in inherited]
    relations = tuple(
        Relation(each.name, each.target, each.kind, each.target)
        for each in attributes
        if each.target is not None and each.target in schema.types and each.is_relation
    )
    scalars = tuple(each.name for each in attributes if not each.is_relation)
    return Box(entity_type.name, entity_type.bases[0] if entity_type.bases else None, scalars, relations)


def _redirected(box: Box, leads_to: Mapping[str, str]) -> Box:
    """Return the box with relations that end at other boxes, for the targets that *leads_to* names."""
    if box.name in leads_to:
        return box
    return attrs.evolve(
        box, relations=tuple(attrs.evolve(each, box=leads_to.get(each.box, each.box)) for each in box.relations)
    )


def _between(box: Box, column: Collection[str], columns: Collection[Collection[str]]) -> Box:
    """Return the box of a column with the relations that lead to other columns."""
    shown = {name for other in columns if other is not column for name in other}
    return attrs.evolve(box, relations=tuple(each for each in box.relations if each.box in shown))


def _groups(boxes: dict[str, Box]) -> list[list[str]]:
    """Return the names of types in groups, the largest group first; each group starts with its most related type."""
    import networkx

    # Numbers instead of names: sets of names have another order in each process.
    numbers = {name: number for number, name in enumerate(boxes)}
    graph = networkx.Graph()
    graph.add_nodes_from(numbers.values())
    for box in boxes.values():
        targets = [each.target for each in box.relations] + ([box.base] if box.base else [])
        graph.add_edges_from((numbers[box.name], numbers[target]) for target in targets if target != box.name)
    names = list(boxes)
    groups = networkx.community.greedy_modularity_communities(graph) if graph.edges else [set(graph)]
    ordered = [sorted(group, key=lambda number: (-graph.degree[number], number)) for group in groups]
    single = [number for group in ordered if len(group) == 1 for number in group]
    several = sorted((group for group in ordered if len(group) > 1), key=lambda group: (-len(group), group[0]))
    return [[names[number] for number in group] for group in (*several, single) if group]


def _columns(boxes: Mapping[str, Box], focus: Sequence[str], depth: int) -> list[list[str]]:
    """Return the types by their distance from those of the *focus*, from the most distant that refer to them."""
    forward: dict[str, set[str]] = defaultdict(set)
    backward: dict[str, set[str]] = defaultdict(set)
    for name, box in boxes.items():
        for relation in box.relations:
            if relation.kind is Kind.REFERENCE:
                forward[name].add(relation.box)
                backward[relation.box].add(name)
    positions = dict.fromkeys(focus, 0)
    for step, neighbours in ((1, forward), (-1, backward)):
        current = sorted(focus)
        for distance in range(1, depth + 1):
            current = sorted({other for name in current for other in neighbours[name]} - positions.keys())
            positions.update(dict.fromkeys(current, step * distance))
    return [
        sorted(name for name in positions if positions[name] == position) for position in sorted({*positions.values()})
    ]


def _placed(columns: Sequence[Sequence[Box]], gap: float, left: float = _GAP, top: float = _GAP) -> Drawing:
    """Return boxes in columns from the left, each column centred."""
    heights = [sum(box.height + _GAP for box in column) for column in columns]
    boxes: list[Box] = []
    x, tallest = left, max(heights)
    for column, height in zip(columns, heights, strict=True):
        y = top + (tallest - height) / 2
        for box in column:
            boxes.append(attrs.evolve(box, x=round(x, 1), y=round(y, 1)))
            y += box.height + _GAP
        x += max(box.width for box in column) + gap
    return Drawing(tuple(boxes), round(x, 1), round(top + tallest, 1))


def _panels(groups: Sequence[Sequence[Box]]) -> Drawing:
    """Return each group as a panel of columns, and the panels in rows."""
    boxes: list[Box] = []
    left, top, bottom, right = float(_GAP), float(_GAP), 0.0, 0.0
    for group in groups:
        panel = _placed(list(_wrapped(group)), _COLUMN_GAP, left, top)
        if panel.width > _ROW_WIDTH and left > _GAP:
            left, top = float(_GAP), bottom + 3 * _GAP
            panel = _placed(list(_wrapped(group)), _COLUMN_GAP, left, top)
        boxes += panel.boxes
        left, bottom, right = panel.width + 3 * _GAP, max(bottom, panel.height), max(right, panel.width)
    return Drawing(tuple(boxes), right, bottom)


def _wrapped(group: Sequence[Box]) -> Iterator[list[Box]]:
    column: list[Box] = []
    for box in group:
        if column and sum(each.height + _GAP for each in column) + box.height > _PANEL_HEIGHT:
            yield column
            column = []
        column.append(box)
    yield column
