"""Pure: the property of projects that leads to their statuses, types, object types and priorities by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .mixin import Mixin

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity

    from .project_vocabulary import ProjectVocabulary


class WithVocabulary(Mixin):
    """The behaviour of projects."""

    __slots__ = ()

    @property
    def vocabulary(self) -> ProjectVocabulary[Entity, Entity, Entity, Entity]:
        """The statuses, types, object types and priorities of the project by name.

        `project.vocabulary.statuses["Approved"]`. The first use makes one request. Later ones make none, until the
        workflows of the project change or `session.reset()` discards what is loaded.
        """
        # Nearly every program builds the class of projects, and few use this.
        from .project_vocabulary import vocabulary_of

        return vocabulary_of(self)
