"""The table of behaviours: each row is a mixin that can be joined, and hides no attribute of a real server."""

from __future__ import annotations

import re
from pathlib import Path

from ftrack_orm import Session
from ftrack_orm.behaviours.table import BEHAVIOURS, BY_ATTRIBUTE, BY_TYPE
from ftrack_orm.entities.behaviours import check_behaviour, names_defined_by_behaviours
from ftrack_orm.entities.classes import Classes

#: Attributes of newer servers that stand in for a behaviour, which older servers need.
SERVED_BY_ATTRIBUTES = {("Asset", "latest_version")}


def test_every_row_is_a_mixin_for_a_type_or_an_attribute_of_the_schema(session: Session) -> None:
    types = session.schema.types
    assert set(BY_TYPE) <= set(types)
    assert set(BY_ATTRIBUTE) <= {name for each in types.values() for name in each.attributes}
    for entity_type in types.values():
        for behaviour in BEHAVIOURS.of(entity_type):
            check_behaviour(entity_type.name, behaviour)


def test_every_type_can_be_built_with_its_behaviours(session: Session) -> None:
    classes = Classes(session.schema, BEHAVIOURS)
    for name, entity_type in session.schema.types.items():
        assert set(BEHAVIOURS.of(entity_type)) <= set(classes[name].__mro__)


def test_no_behaviour_hides_an_attribute(session: Session) -> None:
    hidden = {
        (entity_type.name, name)
        for entity_type in session.schema.types.values()
        for behaviour in BEHAVIOURS.of(entity_type)
        for name in names_defined_by_behaviours(behaviour.__mro__)
        if name in entity_type.attributes
    }
    assert hidden == SERVED_BY_ATTRIBUTES


def test_every_public_method_and_property_is_documented(session: Session) -> None:
    undocumented = {
        f"{behaviour.__name__}.{name}"
        for entity_type in session.schema.types.values()
        for behaviour in BEHAVIOURS.of(entity_type)
        for name, value in vars(behaviour).items()
        if not name.startswith("_") and not getattr(value, "__doc__", None)
    }
    assert undocumented == set()


def test_the_page_names_every_public_method_and_property(session: Session) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "behaviours.md").read_text(encoding="utf-8")
    table = page[page.index("| entity type |") : page.index("## Notes")]
    named = set(re.findall(r"`(\w+)`", table))
    public = {
        name
        for entity_type in session.schema.types.values()
        for behaviour in BEHAVIOURS.of(entity_type)
        for name in vars(behaviour)
        if not name.startswith("_")
    }
    assert public - named == set()
