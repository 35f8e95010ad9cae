"""Pure: the result of copying entities: the map of their ids, and what was not copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity


class CopyResult(Mapping[str, str]):
    """The ids of copied entities, each with the id of its copy. An entity is accepted in place of its id.

    *entity* is the copy of the entity that was given to `session.copy`. *created* is the number of entities that this
    call created; copying again creates only those that are missing. *left_out* has a sentence for each kind of value
    that the copies lack, with the reason.
    """

    def __init__(self, ids: Mapping[str, str], entity: Entity, created: int, left_out: tuple[str, ...]) -> None:
        self._ids = ids
        self.entity = entity
        self.created = created
        self.left_out = left_out

    def __getitem__(self, key: str | Entity) -> str:
        state = getattr(key, "_ftrack_state", None)
        return self._ids[key if state is None else state.key[0]]  # type: ignore[index]  # KeyError for other values

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"<CopyResult: {self.entity!r}, {len(self)} entities, {self.created} created>"
