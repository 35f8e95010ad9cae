"""Edge: `ftrack-orm query` prints the results of a query, or writes them to a file, page by page."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ftrack_orm.cli.colors import color_columns, colored
from ftrack_orm.cli.columns import named_columns, split_columns, table_columns
from ftrack_orm.cli.command import command, connected
from ftrack_orm.cli.result_files import STDOUT, opened
from ftrack_orm.cli.row_formats import FORMATS, WRITERS, format_of_file

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output
    from ftrack_orm.cli.row_formats import TextStream
    from ftrack_orm.notebook.table_plan import TablePlan
    from ftrack_orm.query.builder import Query
    from ftrack_orm.session.session import Session


@command(
    "ftrack-orm query \"Task where status.name is 'In progress'\"",
    "ftrack-orm query Shot --select name,parent.name,custom_attributes.fstart --format csv --out shots.csv",
    "ftrack-orm query \"Task where end_date < '2026-01-01'\" --format jsonl | jq -r .name",
    "ftrack-orm query 'select name, status.name from Task' --limit 10",
    "ftrack-orm query AssetVersion --count",
)
@click.argument("expression")
@click.option("--select", multiple=True, metavar="COLUMNS", help="The columns, as in name,status.name.")
@click.option("--format", "chosen", type=click.Choice(list(FORMATS)), help="By default table, or that of --out.")
@click.option("--out", default=STDOUT, metavar="FILE", help="The file to write; the standard output by default.")
@click.option("--limit", type=click.IntRange(0), metavar="N", help="At most this many results.")
@click.option("--page-size", type=click.IntRange(1), metavar="N", help="Results per request; 500 by default.")
@click.option("--count", is_flag=True, help="Print the number of results only.")
@connected
def query(
    output: Output,
    expression: str,
    select: tuple[str, ...],
    chosen: str | None,
    out: str,
    limit: int | None,
    page_size: int | None,
    count: bool,
    session: Session,
) -> None:
    """Print the entities that an expression selects.

    EXPRESSION is an entity type, TYPE where ..., or a whole select ... from ... of ftrack's query language. Results are
    requested and written page by page. A table shows a few columns of a type by default, and the other formats show all
    its values. A file is complete when it appears, and replaces an earlier one.
    """
    found = session.query(expression)
    if limit is not None:
        found = found.limit(limit if found.node.limit is None else min(limit, found.node.limit))
    if page_size is not None:
        found = found.with_page_size(page_size)
    if count:
        number = found.count()
        output.write_json({"count": number}) if output.json else output.write(str(number))
        return
    form = chosen or format_of_file(out) or ("json" if output.json else "table")
    columns = _columns(session, found, select, form, is_terminal=output.is_terminal)
    if form == "parquet":
        written = _write_parquet(output, session, found, columns, out)
    elif form == "table":
        if out != STDOUT:
            raise click.UsageError(f"Which format? Pass --format json, jsonl, csv or parquet for {out}.")
        written = _write_table(output, session, found, columns)
    else:
        plan = _plan(session, found, columns)
        with opened(out) as stream, _reading(output, found, out) as pages:
            rows = (row for page in pages(plan) for row in _flushed(page, stream))
            written = WRITERS[form](stream, plan.names, rows)
    if out == STDOUT:
        output.note(f"{written:,} {'row' if written == 1 else 'rows'}")
    elif output.json:
        output.write_json({"file": out, "rows": written})
    else:
        output.note(f"wrote {written:,} {'row' if written == 1 else 'rows'} to {out}")


def _columns(session: Session, query: Query[Any], select: Sequence[str], form: str, *, is_terminal: bool) -> list[str]:
    """Return the columns to show; none for the keys and aggregates of a query with groups, or all values of a type."""
    schema, name = session.schema, query.node.entity_type
    if query.node.group_by:
        return split_columns(select)
    chosen = split_columns(select) or [str(path) for path in query.node.projections]
    if not chosen and form == "table":
        width = shutil.get_terminal_size().columns if is_terminal else None
        return table_columns(schema, schema.type(name), width)
    return named_columns(schema, name, chosen)


def _plan(session: Session, query: Query[Any], columns: Sequence[str]) -> TablePlan:
    from ftrack_orm.notebook.table_plan import plan_table

    return plan_table(query, columns, {}, session.schema, session.configurations)


def _write_table(output: Output, session: Session, query: Query[Any], columns: Sequence[str]) -> int:
    is_colored = output.is_terminal and not query.node.group_by
    colors = color_columns(session.schema, query.node.entity_type, columns) if is_colored else {}
    hidden = [each for each in dict.fromkeys(colors.values()) if each not in columns]
    plan = _plan(session, query, [*columns, *hidden])
    names = list(plan.names)[: len(plan.names) - len(hidden)]
    color_of = {names.index(name): list(plan.names).index(color) for name, color in colors.items()}

    def cells(row: Sequence[Any]) -> list[Any]:
        return [
            colored(value, row[color_of[index]]) if index in color_of else value
            for index, value in enumerate(row[: len(names)])
        ]

    # Rows that appear on a terminal show the progress themselves.
    return output.write_rows(names, (cells(row) for page in plan.pages() for row in page))


def _write_parquet(output: Output, session: Session, query: Query[Any], columns: Sequence[str], out: str) -> int:
    if out == STDOUT and output.is_terminal:
        raise click.UsageError("A Parquet file is not for terminals. Write it to a file: --out FILE.parquet")
    target: Any = sys.stdout.buffer if out == STDOUT else os.path.expanduser(out)
    with output.progress() as progress:
        task = progress.add_task("reading", total=None) if progress is not None else None

        def advance(rows: int) -> None:
            if progress is not None and task is not None:
                progress.update(task, completed=rows, description=f"{rows:,} rows")

        return query.to_parquet(target, *columns, overwrite=True, on_progress=advance)


@contextlib.contextmanager
def _reading(output: Output, query: Query[Any], out: str) -> Iterator[Callable[[TablePlan], Iterator[list[Any]]]]:
    """Give a function that yields the pages of a plan, and show the progress of several pages that go to a file."""
    with output.progress() if out != STDOUT else contextlib.nullcontext() as progress:

        def pages(plan: TablePlan) -> Iterator[list[Any]]:
            task = None
            for page in plan.pages():
                if progress is not None and task is None and len(page) >= query.page_size and not query.node.group_by:
                    task = progress.add_task("reading", total=query.count())
                yield page
                if progress is not None and task is not None:
                    progress.advance(task, len(page))

        yield pages


def _flushed(page: list[Any], stream: TextStream) -> Iterator[Any]:
    """Yield the rows of a page, and give them to the readers of the stream."""
    yield from page
    stream.flush()
