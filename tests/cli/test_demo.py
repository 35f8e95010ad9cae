import io
import os
import pathlib
import re
import subprocess
import sys

import pytest
from rich.console import Console

import ftrack_orm
from ftrack_orm.cli.demo import Steps
from ftrack_orm.wire.operations import QueryServerInformationOperation

MAIN = "import sys; from ftrack_orm.cli import main; main()"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What `ftrack-orm demo` prints on a small demo production."""
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "demo", "--tasks", "800"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path_factory.mktemp("empty"),
        env={**os.environ, "PYTHONPATH": str(pathlib.Path(ftrack_orm.__file__).parent.parent), "COLUMNS": "200"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def steps_of(shown):
    """Return (title, number of requests) of every step."""
    found = re.findall(r"^\d+\. (.+)\n(?:   .*\n)*?   (\d+) requests?, \d+ ms$", shown, re.MULTILINE)
    return [(title, int(count)) for title, count in found]


def test_the_demo_shows_what_each_step_did_and_cost(shown):
    steps = steps_of(shown)
    assert len(steps) >= 5
    assert steps[0][0].startswith("Connect")
    assert "What it took" in shown


def test_reading_and_walking_hundreds_of_tasks_takes_six_requests_at_most(shown):
    steps = steps_of(shown)
    connect, read, walk = (count for _, count in steps[:3])
    assert connect == 1
    assert read == 1
    assert connect + read + walk <= 6


def test_the_changes_travel_in_one_request(shown):
    (commit,) = [count for title, count in steps_of(shown) if "in one commit" in title]
    assert commit == 1
    assert "200 modified and 50 created" in shown
    assert "250 operations sent" in shown


def test_the_result_is_read_back_in_one_request_more_than_the_start(shown):
    (read_back,) = [count for title, count in steps_of(shown) if "Read the result back" in title]
    assert read_back <= 2
    assert "200 of 200 changed tasks are approved" in shown
    assert "50 of 50 created tasks exist" in shown


def test_a_step_counts_its_own_requests(session):
    steps = Steps()
    steps._console = Console(file=io.StringIO(), highlight=False)
    with steps.step("Ask twice", session):
        session.call([QueryServerInformationOperation()])
        session.call([QueryServerInformationOperation()])
        steps.say("asked [twice]")
    with steps.step("Ask nothing", session):
        pass
    steps.summary()
    shown = steps._console.file.getvalue()
    assert [count for _, count in steps_of(shown)] == [2, 0]
    assert "   asked [twice]" in shown
