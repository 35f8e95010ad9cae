"""Resource identifier transformers."""

from __future__ import annotations

from ftrack_orm.storage.transformers import ResourceIdentifierTransformer


class Own(ResourceIdentifierTransformer):
    def encode(self, resource_identifier: str, context: object = None) -> str:
        return resource_identifier.upper()


def test_the_base_class_changes_nothing() -> None:
    transformer = Own()
    assert transformer.decode("a/b") == "a/b"
    assert transformer.encode("a/b") == "A/B"
    assert isinstance(transformer, ResourceIdentifierTransformer)
