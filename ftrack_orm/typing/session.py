"""Pure: the session of a studio package as type checkers see it: methods return entities of the studio's types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from ftrack_orm.entities.entity import Entity
from ftrack_orm.session.session import Session

if TYPE_CHECKING:
    import os
    from contextlib import AbstractContextManager

    from ftrack_orm.behaviours.publishing.component_creation import LocationChoice
    from ftrack_orm.behaviours.publishing.new_components import ComponentFiles
    from ftrack_orm.session.reference_methods import KeyPart
    from ftrack_orm.storage.progress import ProgressOption
    from ftrack_orm.transport.cancellation import Cancellation

C = TypeVar("C", bound=Entity)
E = TypeVar("E", bound=Entity)
J = TypeVar("J", bound=Entity)
L = TypeVar("L", bound=Entity)

#: The values of a primary key.
EntityKey: TypeAlias = "KeyPart | Sequence[KeyPart]"

#: The entity types that are the type parameters of `TypedSession`.
SESSION_RESULTS: Final = ("Component", "Job", "Location")


class TypedSession(Session, Generic[C, J, L]):
    """A session, with the types of components, jobs and locations."""

    if TYPE_CHECKING:

        def create_component(
            self,
            path: ComponentFiles,
            data: Mapping[str, Any] | None = None,
            location: LocationChoice = "auto",
            *,
            progress: ProgressOption = None,
            cancellation: Cancellation | None = None,
            state_file: str | os.PathLike[str] | None = None,
        ) -> C: ...
        def create_components(  # type: ignore[override]
            self,
            items: Iterable[ComponentFiles | tuple[ComponentFiles, Mapping[str, Any] | None]],
            location: LocationChoice = "auto",
            *,
            progress: ProgressOption = None,
            cancellation: Cancellation | None = None,
        ) -> list[C]: ...
        def encode_media(
            self,
            media: Entity | ComponentFiles,
            version_id: Entity | str | None = None,
            keep_original: bool | str = "auto",
            *,
            progress: ProgressOption = None,
            cancellation: Cancellation | None = None,
        ) -> J: ...
        def delayed_job(self, job_type: str, data: Mapping[str, Any] | None = None) -> J: ...
        def job(self, description: str, user: Entity | None = None, **data: Any) -> AbstractContextManager[J]: ...
        def pick_location(self, component: Entity | None = None) -> L | None: ...
        def pick_locations(self, components: Iterable[Entity]) -> list[L | None]: ...  # type: ignore[override]
