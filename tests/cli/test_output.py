"""Output on a terminal, in a pipe, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rich.text import Text

from ftrack_orm.cli.command import command
from ftrack_orm.cli.output import Output
from tests.cli.terminals import Ran, run_in_pipe, run_in_terminal

ROWS = [("sh010", Text("Approved", style="green"), None), ("sh020\n\x1b[2J", "In progress", 3.5)]
COLUMNS = ("name", "status", "bid")


@command("ftrack-orm rows")
def rows(output: Output) -> None:
    """Write rows."""
    output.write_rows(COLUMNS, ROWS)


@command("ftrack-orm record")
def record(output: Output) -> None:
    """Write a record, with notes and progress."""
    output.note("working")
    with output.progress() as progress:
        if progress is not None:
            progress.add_task("working", total=1)
    output.warn("careful")
    output.write_record({"name": "sh010", "description": "long " * 20})


@command("ftrack-orm many")
def many(output: Output) -> None:
    """Write many rows."""
    output.write_rows(["number", "text"], ((number, "word " * (number % 30)) for number in range(250)))


def plain(ran: Ran) -> list[str]:
    """Return the lines of an output, which has no escape sequences."""
    assert "\x1b" not in ran.output
    return [line.rstrip() for line in ran.lines]


def test_a_pipe_gets_a_line_of_tabs_for_each_row() -> None:
    ran = run_in_pipe(command=rows)
    assert ran.output == "name\tstatus\tbid\nsh010\tApproved\t\nsh020\\n\\x1b[2J\tIn progress\t3.5\n"
    assert ran.errors == ""


def test_json_is_a_list_of_objects() -> None:
    ran = run_in_pipe("--json", command=rows)
    assert ran.json == [
        {"name": "sh010", "status": "Approved", "bid": None},
        {"name": "sh020\n\x1b[2J", "status": "In progress", "bid": 3.5},
    ]


def test_a_terminal_gets_a_table_with_colours() -> None:
    ran = run_in_terminal(command=rows)
    assert "\x1b[32mApproved" in ran.output
    assert "\x1b[2J" not in ran.output


def test_no_color_leaves_out_all_escape_sequences() -> None:
    assert plain(run_in_terminal(command=rows, NO_COLOR="1")) == [
        "name            status       bid",
        "─" * 32,
        "sh010           Approved",
        "sh020\\n\\x1b[2J  In progress  3.5",
    ]


@pytest.mark.parametrize("columns", [80, 60, 30, 18])
def test_tables_fit_the_terminal(columns: int) -> None:
    for each in (rows, many):
        lines = plain(run_in_terminal(command=each, columns=columns, NO_COLOR="1"))
        assert [line for line in lines if len(line) > columns] == []


@command("ftrack-orm words")
def words(output: Output) -> None:
    """Write a row with a long name beside a long text."""
    output.write_rows(("attribute", "rules"), [("bid_time_logged_difference_of_all", "read-only, never empty " * 9)])


def test_a_word_stays_in_one_piece_where_it_fits() -> None:
    lines = plain(run_in_terminal(command=words, columns=50, NO_COLOR="1"))
    assert lines[2].startswith("bid_time_logged_difference_of_all  read-only,")


def test_a_table_may_be_as_wide_as_the_terminal() -> None:
    lines = plain(run_in_terminal(command=rows, columns=27, NO_COLOR="1"))
    assert lines[0].split() == list(COLUMNS)
    assert len(lines[1]) == 27


def test_a_terminal_that_is_too_narrow_for_a_table_gets_blocks() -> None:
    lines = plain(run_in_terminal(command=rows, columns=20, NO_COLOR="1"))
    assert lines[:4] == ["name    sh010", "status  Approved", "bid", ""]


def test_a_long_result_is_one_table_with_one_head() -> None:
    lines = plain(run_in_terminal(command=many, NO_COLOR="1"))
    assert lines.count(lines[0]) == 1
    assert [line.split()[0] for line in lines[2:] if line[:1].isdigit()] == [str(number) for number in range(250)]
    starts = {line.index("word") for line in lines if "word" in line}
    assert len(starts) == 1


def test_rows_are_written_while_they_arrive() -> None:
    """A pipe, a terminal and JSON have the first rows when the source fails."""

    def failing() -> Iterator[tuple[int]]:
        yield from ((number,) for number in range(150))
        raise ZeroDivisionError

    @command("ftrack-orm broken")
    def broken(output: Output) -> None:
        try:
            output.write_rows(["number"], failing())
        except ZeroDivisionError:
            output.warn("failed")

    assert "149\n" in run_in_pipe(command=broken).output
    assert '{"number": 149}' in run_in_pipe("--json", command=broken).output
    assert "99" in run_in_terminal(command=broken).output


def test_a_pipe_gets_neither_notes_nor_progress_and_gets_warnings() -> None:
    ran = run_in_pipe(command=record)
    assert ran.errors == "careful\n"
    assert ran.lines == ["name\tsh010", "description\t" + "long " * 20]
    text = run_in_terminal(command=record).output
    assert "working" in text
    assert "careful" in text


def test_json_is_one_line_in_a_pipe_and_indented_on_a_terminal() -> None:
    assert len(run_in_pipe("--json", command=record).lines) == 1
    ran = run_in_terminal("--json", command=record, NO_COLOR="1")
    assert "working" not in ran.output
    assert json.loads(ran.output.partition("\n")[2])["name"] == "sh010"


@pytest.mark.parametrize("values", [[], [1, {"a": None}]], ids=["none", "two"])
def test_lines_of_json_are_values(values: list[Any]) -> None:
    @command("ftrack-orm lines")
    def lines(output: Output) -> None:
        output.write_lines(values)

    assert [json.loads(line) for line in run_in_pipe(command=lines).lines] == values


def test_an_empty_result_is_an_empty_list_and_a_head() -> None:
    @command("ftrack-orm nothing")
    def nothing(output: Output) -> None:
        output.write_rows(COLUMNS, [])

    assert run_in_pipe("--json", command=nothing).json == []
    assert run_in_pipe(command=nothing).output == "name\tstatus\tbid\n"
    assert "name" in run_in_terminal(command=nothing).output
