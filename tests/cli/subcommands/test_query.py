"""`ftrack-orm query` in a terminal and in a pipe, in all formats."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from ftrack_orm import Session
from ftrack_orm.cli.commands import commands
from ftrack_orm.notebook.table_plan import TablePlan
from ftrack_orm.sandbox import Sandbox
from tests.cli.processes import ENVIRONMENT, TIMEOUT_SECONDS, command_line
from tests.cli.terminals import run_in_pipe, run_in_terminal

pytestmark = pytest.mark.usefixtures("demo")

TASKS = "Task where project.name is 'demo'"


def plain(text: str) -> str:
    """Return the output of a terminal without its escape sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_a_pipe_gets_a_line_for_each_entity(demo: Sandbox) -> None:
    ran = run_in_pipe("query", f"{TASKS} order by name", "--select", "name,status,id")
    assert (ran.code, ran.errors) == (0, "")
    head, *rows = [line.split("\t") for line in ran.lines]
    assert head == ["name", "status.name", "id"]
    with Session(demo.url, demo.api_key, demo.api_user, schema_cache_path=False) as session:
        expected = session.query(f"{TASKS} order by name").rows("name", "status.name", "id")
    assert [tuple(row) for row in rows] == expected


def test_a_terminal_shows_a_table_with_statuses_in_their_colours() -> None:
    approved = f"{TASKS} and status.name is Approved"
    ran = run_in_terminal("query", approved, "--select", "name,status", "--limit", "4", COLORTERM="truecolor")
    assert ran.code == 0
    # The colour of the status on the server, #1CBC90, as the terminal gets it.
    assert ran.output.count("\x1b[38;2;28;188;144mApproved") == 4
    assert plain(ran.output).rstrip().endswith("4 rows")


def test_the_columns_of_a_table_fit_a_terminal_of_80_columns() -> None:
    lines = plain(run_in_terminal("query", TASKS, "--limit", "4").output).splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(re.search(r"[0-9a-f]{8}-", line) for line in lines)
    wide = plain(run_in_terminal("query", TASKS, "--limit", "4", columns=160).output).splitlines()
    assert wide[0].split() == ["name", "parent.name", "project.name", "type.name", "status.name", "id"]


def test_no_color_leaves_a_terminal_without_colours() -> None:
    ran = run_in_terminal("query", TASKS, "--limit", "2", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*38;", ran.output)


def test_json_json_lines_and_csv_have_the_same_values() -> None:
    select = ["--select", "name,bid,end_date,status.name,custom_attributes.difficulty"]
    ran = {form: run_in_pipe("query", TASKS, *select, "--format", form) for form in ("json", "jsonl", "csv")}
    objects = json.loads(ran["json"].output)
    assert objects
    assert list(objects[0]) == ["name", "bid", "end_date", "status.name", "custom_attributes.difficulty"]
    assert [json.loads(line) for line in ran["jsonl"].lines] == objects
    head, *rows = csv.reader(io.StringIO(ran["csv"].output))
    assert head == list(objects[0])
    assert [row[0] for row in rows] == [each["name"] for each in objects]
    assert run_in_pipe("query", TASKS, *select, "--json").output == ran["json"].output


def test_all_values_are_written_by_default_and_columns_of_the_text_are_kept() -> None:
    (first,) = run_in_pipe("query", TASKS, "--limit", "1", "--json").json
    assert {"id", "name", "bid", "start_date", "status.name", "parent.name"} <= set(first)
    (first,) = run_in_pipe("query", "select name, status from Task limit 1", "--json").json
    assert list(first) == ["name", "status.name"]


def test_files_have_the_format_of_their_names(tmp_path: Path) -> None:
    select = ("query", TASKS, "--select", "name,bid")
    expected = run_in_pipe(*select, "--json").json
    table, data = tmp_path / "tasks.parquet", tmp_path / "tasks.json"
    assert run_in_pipe(*select, "--out", str(table), "--json").json == {"file": str(table), "rows": len(expected)}
    assert pyarrow.parquet.read_table(table).to_pylist() == expected
    ran = run_in_pipe(*select, "--out", str(data))
    assert (ran.code, ran.output, ran.errors) == (0, "", "")
    assert json.loads(data.read_text()) == expected


def test_progress_of_a_long_result_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    out = str(tmp_path / "tasks.jsonl")
    shown = run_in_terminal("query", "Task", "--page-size", "20", "--out", out)
    assert "reading" in shown.output
    assert re.search(r"wrote \d+ rows to", shown.output)
    ran = run_in_pipe("query", "Task", "--page-size", "20", "--out", out)
    assert (ran.output, ran.errors) == ("", "")


def test_results_are_counted_and_grouped() -> None:
    rows = run_in_pipe("query", TASKS, "--json").json
    assert run_in_pipe("query", TASKS, "--count").output == f"{len(rows)}\n"
    assert run_in_pipe("query", TASKS, "--count", "--json").json == {"count": len(rows)}
    assert run_in_pipe("query", TASKS, "--count", "--limit", "2").output == "2\n"
    grouped = run_in_pipe("query", f"select count(id) from {TASKS} group by status.name", "--json").json
    assert sum(each["count_id"] for each in grouped) == len(rows)


def test_an_empty_result_has_the_form_of_others(tmp_path: Path) -> None:
    nothing = ("query", "Task where name is 'no such task'", "--select", "name")
    assert run_in_pipe(*nothing).output == "name\n"
    assert run_in_pipe(*nothing, "--json").json == []
    assert run_in_pipe(*nothing, "--format", "jsonl").output == ""
    assert run_in_pipe(*nothing, "--format", "csv").output == "name\n"
    assert run_in_pipe(*nothing, "--out", str(tmp_path / "x.parquet")).code == 0
    assert run_in_terminal(*nothing).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Taks"], "Did you mean 'Task'"),
        (["Task where nam is x"], "nam"),
        (["Task where name"], "QueryError"),
        (["Task", "--select", "stats"], "Did you mean 'status'"),
        (["Task", "--format", "xml"], "xml"),
        (["Task", "--out", "tasks.txt"], "Which format"),
        (["Task", "--limit", "-1"], "--limit"),
    ],
)
def test_wrong_usage_is_an_error_without_output(arguments: list[str], message: str) -> None:
    ran = run_in_pipe("query", *arguments)
    assert (ran.code, ran.output) == (2, "")
    assert message in ran.errors


def test_a_parquet_file_is_not_written_to_a_terminal() -> None:
    ran = run_in_terminal("query", "Task", "--format", "parquet")
    assert ran.code == 2
    assert "--out" in ran.output


def test_each_page_is_written_before_the_next_one_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    pages = TablePlan.pages

    class RecordingOutput(io.StringIO):
        def flush(self) -> None:
            steps.append(f"{self.getvalue().count(chr(10))} lines")

    def recorded(plan: TablePlan) -> Iterator[Any]:
        for page in pages(plan):
            steps.append(f"page of {len(page)}")
            yield page

    monkeypatch.setattr(TablePlan, "pages", recorded)
    with contextlib.redirect_stdout(RecordingOutput()):
        commands(["query", "Task", "--format", "jsonl", "--page-size", "25"], standalone_mode=False)
    assert steps[:6] == ["page of 25", "25 lines", "page of 25", "50 lines", "page of 10", "60 lines"]


def test_a_process_streams_to_a_reader_that_stops_early() -> None:
    process = subprocess.Popen(
        command_line("query", "Task", "--format", "jsonl", "--page-size", "20"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": ENVIRONMENT["PYTHONPATH"]},
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.stdout.close()
    assert json.loads(first)["name"]
    assert process.wait(TIMEOUT_SECONDS) in (0, 141)
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
