"""The entities that a published component belongs to."""

from __future__ import annotations

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.structures.publishing import publication_of, version_projections

from .components import component, version


def test_a_publication_has_the_names_between_project_and_asset() -> None:
    publication = publication_of(component(version=version(parents=("ep", "sq", "sh"))))
    assert (publication.project.name, publication.parents) == ("demo", ("ep", "sq", "sh"))
    assert (publication.asset.name, publication.parent.name) == ("plate", "sh")
    assert publication_of(component(version=version(parents=()))).parents == ()


def test_a_component_without_a_committed_version_is_an_error() -> None:
    with pytest.raises(errors.StructureError, match="Set its version"):
        publication_of(component(version=None))
    for change in ({"link": None}, {"asset": None}, {"version": None}):
        pending = version()
        vars(pending).update(change)
        with pytest.raises(errors.StructureError, match="Commit them first"):
            publication_of(component(version=pending))


def test_members_have_the_version_of_their_container() -> None:
    paths = version_projections(["task.name"])
    assert {"version.link", "container.version.link", "version.task.name", "container.version.task.name"} <= set(paths)
