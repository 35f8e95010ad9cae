"""State: reads the configurations of custom attributes together with the first query of an interactive session.

Completion makes no request, and the keys of custom attributes are in no schema. So the first query brings them along.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import ServerError
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.wire.operations import Operation, QueryOperation, QueryServerInformationOperation

if TYPE_CHECKING:
    from ftrack_orm.entities.custom_attributes.configurations import Configurations
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.replies import Reply

_Call = Callable[..., Sequence["Reply"]]


class ConfigurationCompanion:
    """Sends operations by *call*, and adds the query for the *configurations* to the first request that only reads.

    *known_schema* returns the schema if no request is needed for it: without one, the query cannot be written.
    """

    def __init__(self, call: _Call, configurations: Configurations, known_schema: Callable[[], Schema | None]) -> None:
        self._call = call
        self._configurations = configurations
        self._known_schema = known_schema
        self._is_wanted = True

    def __call__(self, operations: Sequence[Operation], /, **options: Any) -> Sequence[Reply]:
        """Send *operations* and return their replies."""
        if not self._is_wanted or not _are_queries(operations) or self._known_schema() is None:
            return self._call(operations, **options)
        self._is_wanted = False
        added = [] if self._configurations.are_read else self._configurations.selects()
        if not added:
            return self._call(operations, **options)
        try:
            replies = list(
                self._call([*operations, *(QueryOperation(compile_select(each)) for each in added)], **options)
            )
        except ServerError:
            # It may have refused what was added, which must not make the query of the user fail.
            return self._call(operations, **options)
        self._configurations.read_by(lambda _: replies[len(operations) :])
        return replies[: len(operations)]


def _are_queries(operations: Sequence[Operation]) -> bool:
    kinds = {type(operation) for operation in operations}
    return QueryOperation in kinds and kinds <= {QueryOperation, QueryServerInformationOperation}
