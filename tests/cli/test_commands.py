import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import pytest

import ftrack_orm
from ftrack_orm import Session
from ftrack_orm.sandbox import datamodel

MAIN = "import sys; from ftrack_orm.cli import main; sys.argv[0] = 'ftrack-orm'; main()"

#: The package under test is found by the commands whether it is installed or not.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(pathlib.Path(ftrack_orm.__file__).parent.parent)}

#: Seconds after which a command that should have ended is taken for hanging.
PATIENCE = 60


@pytest.fixture
def run(tmp_path):
    """Run the command line to its end, in an empty folder; *without* names a package that is to be missing."""

    def run(*arguments, without=None):
        return subprocess.run(
            command(arguments, without),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd=tmp_path,
            env=ENVIRONMENT,
        )

    return run


@pytest.fixture
def started(tmp_path):
    """Start the command line as `run` does and leave it running; it is ended with the test."""
    processes = []

    def start(*arguments, without=None):
        process = subprocess.Popen(
            command(arguments, without),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=ENVIRONMENT,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def command(arguments, without):
    missing = f"import sys; sys.modules[{without!r}] = None; " if without else ""
    return [sys.executable, "-c", missing + MAIN, *arguments]


def first_lines(process):
    return dict(process.stdout.readline().rstrip("\n").split("=", 1) for _ in range(3))


# -- sandbox ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_prints_how_to_reach_it_serves_and_ends_cleanly(started, interruption, tmp_path):
    process = started("sandbox", "--seed", "empty")
    # The lines arrive although the process goes on and its output is a pipe, so each is flushed.
    lines = first_lines(process)
    assert list(lines) == ["FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", lines["FTRACK_SERVER"])
    with Session(
        lines["FTRACK_SERVER"], lines["FTRACK_API_KEY"], lines["FTRACK_API_USER"], schema_cache_path=tmp_path / "cache"
    ) as session:
        assert session.query("User").where(username=lines["FTRACK_API_USER"]).one()
    process.send_signal(interruption)
    rest, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, rest, complaints) == (0, "", "")


def test_sandbox_uses_the_port_user_key_and_file_it_is_told(started, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = ["--port", str(port), "--api-user", "jane", "--api-key", "k-1", "--database", "kept.db"]
    for _ in range(2):
        process = started("sandbox", "--seed", "empty", *options)
        assert first_lines(process) == {
            "FTRACK_SERVER": f"http://127.0.0.1:{port}",
            "FTRACK_API_USER": "jane",
            "FTRACK_API_KEY": "k-1",
        }
        with Session(f"http://127.0.0.1:{port}", "k-1", "jane", schema_cache_path=False) as session:
            assert session.query("User").where(username="jane").count() == 1
        process.terminate()
        assert process.wait(PATIENCE) == 0
    assert (tmp_path / "kept.db").exists()


def test_sandbox_serves_a_schema_file(started, tmp_path):
    answer = json.loads(json.dumps(datamodel.load().schemas))
    answer.append({"id": "Prop", "primary_key": ["id"], "properties": {"id": {"type": "string", "default": "{uid}"}}})
    (tmp_path / "mine.json").write_text(json.dumps(answer))
    lines = first_lines(started("sandbox", "--seed", "empty", "--schema", "mine.json"))
    with Session(
        lines["FTRACK_SERVER"], lines["FTRACK_API_KEY"], lines["FTRACK_API_USER"], schema_cache_path=False
    ) as session:
        assert "Prop" in session.types


# -- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sandbox", "--seed", "dmeo"], "There is no seed 'dmeo'.*Did you mean 'demo'"),
        (["demo", "--seed", "dmeo"], "There is no seed 'dmeo'.*Did you mean 'demo'"),
        (["sandbox", "--seed", "empty", "--tasks", "5"], "Only the seed 'demo' has tasks"),
        (["demo", "--seed", "empty"], "no tasks to show"),
        (["sandbox", "--seed", "empty", "--schema", "notes.txt"], r"notes\.txt cannot be read"),
        (["sandbox", "--seed", "empty", "--schema", "strange.json"], "not of the known shape"),
        (["sandbox", "--seed", "empty", "--port", "TAKEN"], "The embedded server cannot run.*in use"),
    ],
)
def test_what_cannot_work_is_told_in_a_sentence(run, tmp_path, arguments, sentence):
    (tmp_path / "notes.txt").write_text("not a schema")
    (tmp_path / "strange.json").write_text('[{"name": "a type without id"}]')
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = str(listener.getsockname()[1])
        done = run(*[taken if argument == "TAKEN" else argument for argument in arguments])
    assert done.returncode == 1
    assert re.search(sentence, done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["sandbox", "--tasks", "0"], ["sandbox", "--port", "-1"], ["sandbox", "--schema", "no.json"], ["sanbox"]],
)
def test_a_mistake_in_the_arguments_is_told_with_the_usage(run, arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: ftrack-orm")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("click", ["--help"], "cli"),
        ("aiohttp", ["sandbox", "--seed", "empty"], "sandbox"),
        ("sqlalchemy", ["sandbox", "--seed", "empty"], "sandbox"),
        ("rich", ["demo"], "cli"),
        ("aiohttp", ["demo"], "sandbox"),
    ],
)
def test_a_missing_extra_is_named_with_what_installs_it(run, package, arguments, extra):
    done = run(*arguments, without=package)
    assert done.returncode == 1
    assert re.search(rf"needs the package {package}: pip install 'ftrack-orm\[.*{extra}.*\]'", done.stderr)
    assert "Traceback" not in done.stderr


def test_the_sandbox_command_does_not_need_what_only_the_demo_shows_with(started):
    process = started("sandbox", "--seed", "empty", without="rich")
    assert "FTRACK_SERVER" in first_lines(process)


def test_help_names_the_commands(run):
    done = run("-h")
    assert done.returncode == 0
    assert "sandbox" in done.stdout
    assert "demo" in done.stdout
