"""Pure: the interface of structures, and the parts that they share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from ftrack_orm.errors import StructureError
from ftrack_orm.storage.identifiers import sequence_expression


@runtime_checkable
class Structure(Protocol):
    """Forms the resource identifiers of components in a location.

    Members of a sequence or a container have identifiers below its own. A studio's own structure derives from this
    class and defines `get_resource_identifier`.
    """

    def projections(self, entity_type: str) -> str:
        """Return the attributes that the structure reads of components of that type, as `Session.populate` takes them.

        A location loads them for all components in one request.
        """
        return ""

    @abstractmethod
    def get_resource_identifier(self, component: Any, context: Mapping[str, Any] | None = None) -> str:
        """Return the resource identifier for *component*.

        *context* may have `source_resource_identifier`, under which the data is where it comes from, and `is_taken`, a
        function that says whether an identifier is in use. Raises `StructureError` when the component or its entities
        lack what the identifier consists of.
        """

    def get_resource_identifiers(
        self, components: Sequence[Any], contexts: Sequence[Mapping[str, Any] | None] | None = None
    ) -> list[str]:
        """Return the resource identifiers of *components*, all different, with one context for each."""
        given = contexts if contexts is not None else [None] * len(components)
        return [
            self.get_resource_identifier(component, context)
            for component, context in zip(components, given, strict=True)
        ]


def entity_type_of(component: Any) -> str:
    """Return the type of *component*: `FileComponent`, `SequenceComponent` or `ContainerComponent`.

    A plain `Component` is a file. Raises `StructureError` for other entities.
    """
    name = getattr(component, "__entity_type__", None)
    if name == "Component":
        return "FileComponent"
    if name not in ("FileComponent", "SequenceComponent", "ContainerComponent"):
        raise StructureError(f"{component!r} is not a component. Structures have resource identifiers for components.")
    return str(name)


def component_projections(entity_type: str) -> list[str]:
    """Return the projections of a component and of its container that identifiers consist of."""
    own = ["name", "file_type", *(["padding"] if entity_type == "SequenceComponent" else [])]
    container = ("container.name", "container.file_type", "container.container_id")
    return [*own, "container_id", *container, "container[SequenceComponent].padding"]


def sequence_expression_of(component: Any) -> str:
    """Return the expression for the frame numbers of a `SequenceComponent`: `%04d` for a padding of 4."""
    return sequence_expression(component.padding)
