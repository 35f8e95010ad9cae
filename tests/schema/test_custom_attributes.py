"""The rule that says which configurations of custom attributes apply to an entity."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ftrack_orm.schema.custom_attributes import ConfigurationScope, applicable, applies

TASK = ConfigurationScope("Context", False, "task-type", "film")
PROJECT = ConfigurationScope("Context", True, None, "film")
USER = ConfigurationScope("Resource", False, None, None)


@attrs.frozen
class Configuration:
    key: str = "frames"
    entity_type: str | None = "task"
    object_type_id: str | None = "task-type"
    project_id: str | None = None
    is_hierarchical: bool = False


HIERARCHICAL = Configuration(entity_type="show", object_type_id=None, is_hierarchical=True)


@pytest.mark.parametrize(
    ("configuration", "scope", "expected"),
    [
        (Configuration(), TASK, True),
        (Configuration(), attrs.evolve(TASK, object_type_id="shot-type"), False),
        (Configuration(), PROJECT, False),
        (Configuration(entity_type="show", object_type_id=None), PROJECT, True),
        (Configuration(project_id="film"), TASK, True),
        (Configuration(project_id="other"), TASK, False),
        (HIERARCHICAL, TASK, True),
        (HIERARCHICAL, ConfigurationScope("Asset", False, None, "a"), True),
        (HIERARCHICAL, USER, False),
        (Configuration(entity_type="user", object_type_id=None), USER, True),
        (Configuration(entity_type="user", object_type_id=None), attrs.evolve(USER, family="User"), True),
        (
            Configuration(entity_type="asset", object_type_id=None),
            ConfigurationScope("AssetVersion", False, None, "a"),
            False,
        ),
        (Configuration(), ConfigurationScope("Note", False, None, None), False),
    ],
)
def test_a_configuration_applies_by_entity_type_object_type_project_and_hierarchy(
    configuration: Any, scope: Any, expected: bool
) -> None:
    assert applies(configuration, scope) is expected


def test_a_configuration_of_the_project_shadows_the_global_one_of_the_same_key() -> None:
    everywhere, own, other_key = Configuration(), Configuration(project_id="film"), Configuration(key="handles")
    assert applicable([everywhere, own, other_key], TASK) == [own, other_key]
    assert applicable([own, everywhere], TASK) == [own]
    assert applicable([everywhere, own], attrs.evolve(TASK, project_id="other")) == [everywhere]


def test_a_configuration_of_the_project_shadows_a_hierarchical_one_of_another_entity_type() -> None:
    own = Configuration(project_id="film")
    assert applicable([HIERARCHICAL, own], TASK) == [own]


def test_a_configuration_that_does_not_apply_shadows_nothing() -> None:
    for_shots = Configuration(object_type_id="shot-type", project_id="film")
    assert applicable([Configuration(), for_shots], TASK) == [Configuration()]
