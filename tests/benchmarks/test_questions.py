"""Every question of the benchmarks still runs, for every client it names, and gives figures that can be judged."""

import importlib
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def benchmarks_can_be_imported():
    sys.path.insert(0, str(ROOT))
    yield
    sys.path.remove(str(ROOT))


def module(name):
    return importlib.import_module(f"benchmarks.{name}")


#: Named here and not asked of the package, so that a question that is dropped is missed.
QUESTIONS = [
    "attribute_reads",
    "building",
    "commit_with_many_cached",
    "identity_floor",
    "overlap",
    "query_language",
    "reading",
    "round_trips",
    "sandbox_page",
    "starting",
    "streaming",
    "writing",
]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_gives_figures_for_every_client(name):
    question = module(name)
    results = module("frame").run(question, quick=True)
    asked = {(each.name, client) for each in question.MEASUREMENTS for client in each.clients}
    assert {(each.measurement, each.client) for each in results} == asked
    for each in results:
        assert each.figures, each
        assert all(len(values) == 1 for values in each.figures.values()), each
    assert any("| " in line for line in module("frame").table(results)[2:])


def test_all_questions_are_answered_by_the_command():
    names = {each.__name__.rpartition(".")[2] for each in module("__main__").QUESTIONS}
    # The scripts of "latency" are the cookbook's, which has tests of its own.
    assert names == {*QUESTIONS, "latency"}


def test_the_command_writes_a_table_for_people_and_one_for_programs(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "building", "--output", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, env={**os.environ, "MPLBACKEND": "Agg"})
    (target,) = [line for line in (tmp_path / "table.md").read_text("utf-8").splitlines() if "50 µs" in line]
    assert "holds" in target or "does not hold" in target
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))["results"]
    assert {result["client"] for result in results} == {"nodes by hand", "ftrack_orm"}
    for result in results:
        assert result["measurement"] == "build a query"
        assert result["figures"]["seconds"][0] > 0


def test_the_embedded_server_can_answer_in_place_of_prepared_answers():
    frame, reading, floor = module("frame"), module("reading"), module("identity_floor")
    with frame.sandbox("--seed", "demo", "--tasks", "40") as server:
        # Both fail for any other number of tasks than what is asked for.
        for question, client in ((reading, "ftrack_orm"), (floor, floor.FLOOR)):
            assert frame._in_a_process(question, 0, client, server, 40)["seconds"] > 0
    results = frame.run(module("building"), quick=True, server="sandbox")
    assert all(result.figures["seconds"][0] > 0 for result in results)


def test_a_measurement_that_fails_ends_the_run():
    frame, starting = module("frame"), module("starting")
    with pytest.raises(RuntimeError, match="failed for nobody at 1"):
        frame._in_a_process(starting, 1, "nobody", frame.Server("http://127.0.0.1:9", "/nonexistent"), 1)


@pytest.mark.parametrize(("seconds", "verdict"), [(50e-6, "holds"), (51e-6, "**does not hold**")])
def test_the_table_says_whether_a_target_holds(seconds, verdict):
    frame, command = module("frame"), module("__main__")
    clients = {"ftrack_orm": seconds, "nodes by hand": 1e-5}
    results = [frame.Result("build a query", name, 1, {"seconds": [each]}) for name, each in clients.items()]
    lines = command.target_table(results)
    # What was not measured has no line, so there is one below the head.
    assert len(lines) == 3
    assert f"| {verdict}; floor: 10 µs" in lines[2]


def test_every_target_has_the_figures_it_judges_by():
    """Every figure that a target looks up is one that a question at its full size gives."""
    frame, targets, command = module("frame"), module("targets"), module("__main__")
    names = ("seconds", "warm seconds", "MB", "MB grown", "entities/s", "requests", "asked ahead")
    reads = ("attribute ns", "item ns", "three values ns")
    everything = [
        frame.Result(measurement.name, client, size, {name: [1.0] for name in (*names, *reads)})
        for question in command.QUESTIONS
        for measurement in question.MEASUREMENTS
        for client in measurement.clients
        for size in measurement.sizes
    ]
    assert len(command.target_table(everything)) == 2 + len(targets.TARGETS)


def test_the_exponent_tells_how_cost_grows():
    frame = module("frame")
    sizes = (10, 40, 160)
    results = [
        frame.Result(name, "client", size, {"seconds": [3 * size**power]})
        for name, power in (("flat", 0), ("in proportion", 1), ("square", 2))
        for size in sizes
    ]
    found = frame.exponents(results)
    assert found == {
        ("flat", "client"): pytest.approx(0, abs=1e-9),
        ("in proportion", "client"): pytest.approx(1),
        ("square", "client"): pytest.approx(2),
    }


def test_a_clients_figures_stand_beside_this_librarys():
    frame = module("frame")
    results = [
        frame.Result("read", client, 10, {"seconds": values})
        for client, values in (("ftrack_orm", [0.2, 0.1, 0.4]), ("ftrack-python-api", [12.0]))
    ]
    assert frame.table(results)[2:] == [
        "| read | 10 | ftrack_orm | seconds | 0.2 | 0.1 | 0.4 |  |",
        "| read | 10 | ftrack-python-api | seconds | 12 | 12 | 12 | 60 |",
    ]


def test_a_question_at_one_size_has_no_exponent():
    frame = module("frame")
    assert frame.exponents([frame.Result("once", "client", 10, {"seconds": [1.0]})]) == {}


@pytest.fixture(scope="module")
def ask():
    """Ask the prepared answers for a production of 1,201 tasks."""
    answers = module("answers").Answers(1_201)

    def answer(operation):
        if isinstance(operation, str):
            operation = {"action": "query", "expression": operation}
        (reply,) = json.loads(answers.respond(json.dumps([operation]).encode()))
        return reply

    return answer


def test_prepared_pages_follow_each_other_to_the_end(ask):
    offset, keys = 0, []
    while offset is not None:
        reply = ask(f"{module('production').EXPRESSION} offset {offset} limit 500")
        keys += [row["id"] for row in reply["data"]]
        offset = reply["metadata"]["next"]["offset"]
    assert len(keys) == len(set(keys)) == 1_201


def test_an_entity_is_told_of_once_in_a_prepared_answer(ask):
    rows = ask(f"{module('production').EXPRESSION} offset 0 limit 500")["data"]
    statuses = [row["status"] for row in rows]
    assert sum("name" in status for status in statuses) == 9
    assert {frozenset(status) for status in statuses[9:]} == {frozenset(("__entity_type__", "id"))}


def test_a_change_is_answered_with_what_was_written(ask):
    update = {"action": "update", "entity_type": "Task", "entity_key": ["k"], "entity_data": {"bid": 5}}
    assert ask(update)["data"] == {"__entity_type__": "Task", "id": "k", "bid": 5}


def test_a_question_nobody_prepared_for_is_refused(ask):
    with pytest.raises(ValueError, match="cannot look for"):
        ask("select name from Task where name is x")
    with pytest.raises(ValueError, match="no answer to the action 'delete'"):
        ask({"action": "delete"})


def test_what_a_client_costs_is_not_paid_for_before_it_is_measured():
    """A question's module may not import what the process it runs in is to measure the cost of."""
    names = ", ".join(
        f"benchmarks.{name}" for name in ("reading", "identity_floor", "streaming", "starting", "writing")
    )
    # An editable installation has a finder of its own.
    dear = "name.startswith('ftrack') or name == 'orjson'"
    check = f"import sys, {names}; print([name for name in sys.modules if {dear}])"
    run = subprocess.run([sys.executable, "-c", check], cwd=ROOT, check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"


def test_orjson_is_used_by_the_client_that_is_measured_with_it_and_no_other():
    clients = module("clients")
    check = (
        "import sys; from benchmarks.clients import choose_json; choose_json(sys.argv[1]); "
        "import ftrack_orm.wire.json_text; print(sys.modules.get('orjson') is not None)"
    )
    for client, is_used in ((clients.OURS, "False"), (clients.OURS_WITH_ORJSON, "True")):
        run = subprocess.run(
            [sys.executable, "-c", check, client], cwd=ROOT, check=True, capture_output=True, text=True
        )
        assert run.stdout.strip() == is_used
