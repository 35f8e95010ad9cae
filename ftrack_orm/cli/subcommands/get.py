"""Edge: `ftrack-orm get` prints the attributes of one entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from ftrack_orm.cli.arguments import EntityTypeName
from ftrack_orm.cli.colors import color_columns, colored
from ftrack_orm.cli.columns import named_columns, record_columns, split_columns
from ftrack_orm.cli.command import command, connected
from ftrack_orm.cli.lookup import check_single, matching

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output
    from ftrack_orm.session.session import Session


@command(
    "ftrack-orm get Task 5a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "ftrack-orm get User jane --select first_name,last_name",
    "ftrack-orm get Shot sh010 --json | jq .custom_attributes",
)
@click.argument("entity_type", metavar="TYPE", type=EntityTypeName())
@click.argument("entity", metavar="ID")
@click.option("--select", "select", multiple=True, metavar="COLUMNS", help="Attributes, as in name,status.name.")
@connected
def get(output: Output, entity_type: str, entity: str, select: tuple[str, ...], session: Session) -> None:
    """Print an entity.

    ID is its id, or its name if only one entity has it. The parts of a longer key are separated by commas. Without
    --select, all values of the entity and the names of the entities that it refers to are printed.
    """
    described = session.schema.type(entity_type)
    chosen = split_columns(select) or record_columns(session.schema, described)
    columns = named_columns(session.schema, described.name, chosen)
    key = [each for each in described.primary_key if each not in columns]
    colors = {} if output.json or not output.is_terminal else color_columns(session.schema, described.name, columns)
    query = matching(session, described.name, entity).limit(10)
    rows = query.rows(*dict.fromkeys([*columns, *key, *colors.values()]), as_="dict")
    check_single(
        session, described.name, entity, [",".join(str(row[name]) for name in described.primary_key) for row in rows]
    )
    row = {name: colored(rows[0][name], rows[0].get(colors.get(name, ""))) for name in columns}
    output.write_record(row if output.json else dict(_lines(row)))


def _lines(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values with a line for each entry of a mapping."""
    for name, value in row.items():
        if name == "link" and isinstance(value, list):
            yield name, " / ".join(str(each["name"]) for each in value)
        elif isinstance(value, Mapping) and value:
            yield from ((f"{name}.{key}", each) for key, each in value.items())
        else:
            yield name, value
