"""State: refuses queries for custom attributes that no configuration has, as the mapping of an entity does.

The configurations that the check needs travel in the request of the first query that asks for a custom attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ftrack_orm.errors import PermissionDenied, UnknownAttribute, suggestion
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.schema.custom_attributes import CONDITIONS, ConfigurationScope, fits_type
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTE_CONFIGURATION, CUSTOM_ATTRIBUTES, PROJECT
from ftrack_orm.wire.operations import QueryOperation

from .queried_keys import QueriedKey, queried_keys

if TYPE_CHECKING:
    from ftrack_orm.query.language.nodes import Select
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import Operation, ServerCall
    from ftrack_orm.wire.replies import Reply

    from .configuration import Configuration
    from .configurations import Configurations


def call_checked(
    configurations: Configurations,
    schema: Schema,
    call: ServerCall,
    selects: Iterable[Select],
    operations: Sequence[Operation],
) -> Sequence[Reply]:
    """Send *operations*, the first pages of *selects*, and return their replies.

    Raises `UnknownAttribute` for a key that no configuration has, or none for entities of the type that is asked for.
    A key that is missing from the known configurations is looked up in the present ones first.
    """
    selects = list(selects)
    keys = [key for select in selects for key in queried_keys(select, schema)]
    if not keys or CUSTOM_ATTRIBUTE_CONFIGURATION not in schema.types:
        return call(operations)
    if configurations.are_read:
        if _unknown(keys, configurations, schema) is not None:
            configurations.refresh()
        _check(keys, configurations, schema)
        return call(operations)
    if any("configuration" in str(path) for select in selects for path in select.projections):
        # An entity is sent in full at its first occurrence in a response only (PROTOCOL 1.3): these rows come apart.
        configurations.refresh()
        _check(keys, configurations, schema)
        return call(operations)
    try:
        replies = call([*operations, *(QueryOperation(compile_select(select)) for select in configurations.selects())])
    except PermissionDenied:
        # A user who may not see the configurations may still see values.
        return call(operations)
    configurations.read_by(lambda _: replies[len(operations) :])
    _check(keys, configurations, schema)
    return replies[: len(operations)]


def check_key(configurations: Configurations, schema: Schema, entity_type: str, key: str, *, is_id: bool) -> None:
    """Raise `UnknownAttribute` unless a present configuration of entities of a type has *key*, an id with *is_id*."""
    keys = [QueriedKey(entity_type, key, is_id)]
    if _unknown(keys, configurations, schema) is not None:
        configurations.refresh()
        _check(keys, configurations, schema)


def _check(keys: Sequence[QueriedKey], configurations: Configurations, schema: Schema) -> None:
    unknown = _unknown(keys, configurations, schema)
    if unknown is not None:
        raise _unknown_key_error(unknown, configurations, schema)


def _unknown(keys: Sequence[QueriedKey], configurations: Configurations, schema: Schema) -> QueriedKey | None:
    """Return the first of *keys* that no configuration has for entities of its type."""
    for key in keys:
        if not any(_fits(each, key) and may_apply(each, key.owner, schema) for each in configurations):
            return key
    return None


def _fits(configuration: Configuration, key: QueriedKey) -> bool:
    return key.key == (configuration.id if key.is_id else configuration.key)


def may_apply(configuration: Configuration, owner: str | None, schema: Schema) -> bool:
    """Whether *configuration* applies to some entities of the type *owner* in some project; None is any type."""
    if owner is None or schema.type(owner).family not in CONDITIONS:
        return True
    for name in schema.concrete(owner):
        described = schema.type(name)
        object_type_id = described.classifiers.get("object_type_id", configuration.object_type_id)
        scope = ConfigurationScope(described.family, name == PROJECT, object_type_id, configuration.project_id)
        if fits_type(configuration, scope):
            return True
    return False


def _unknown_key_error(key: QueriedKey, configurations: Configurations, schema: Schema) -> UnknownAttribute:
    known = sorted({each.key for each in configurations if may_apply(each, key.owner, schema)})
    entities = key.owner or "entities"
    if key.is_id:
        message = f"No configuration of a custom attribute has the id {key.key!r}."
        if any(_fits(each, key) for each in configurations):
            message = f"The custom attribute with the id {key.key!r} is not configured for {entities}."
    else:
        message = f"No custom attribute of {entities} has the key {key.key!r}.{suggestion(key.key, known)}"
        if any(_fits(each, key) for each in configurations):
            message += f" It is configured, but not for {entities}."
    return UnknownAttribute(
        message, entity_type=key.owner, attribute=CUSTOM_ATTRIBUTES, key=key.key, position=key.position
    )
