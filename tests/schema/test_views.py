"""Entity types that show the same rows."""

from __future__ import annotations

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.views import views_of

SCHEMA = Schema.from_response(datamodel.load().schemas)


def test_custom_attribute_values_and_links_have_several_views() -> None:
    assert views_of(SCHEMA, "ContextCustomAttributeValue") == ("CustomAttributeValue",)
    assert "UserCustomAttributeValue" in views_of(SCHEMA, "CustomAttributeValue")
    assert views_of(SCHEMA, "UserCustomAttributeLink") == ("CustomAttributeLinkFrom",)
    assert views_of(SCHEMA, "Task") == ()
