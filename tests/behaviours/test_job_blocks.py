"""Blocks of work that a job shows, however they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.production import Connect, Production


def status_and_data(other: Session, job_id: str) -> tuple[str, dict[str, Any]]:
    job = other.query("Job").select("status", "data").where(id=job_id).populate_existing().one()
    return job.status, json.loads(job.data)


def test_a_job_runs_during_its_block_and_is_done_at_the_end(
    session: Session, other: Session, production: Production
) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.description = "pending"
    with session.job("Deliver", reel=3) as job:
        assert status_and_data(other, job.id) == (
            "running",
            {"description": "Deliver", "title": "Deliver", "reel": 3},
        )
        assert job.user.username == session.api_user
        job.progress(1, of=4)
        job.progress(2, of=4)  # within a second: not sent, but not lost either
    status, data = status_and_data(other, job.id)
    assert (status, data["description"], data["done"], data["of"]) == ("done", "Deliver", 2, 4)
    assert session.modified == [task]


def test_a_block_that_raises_makes_a_failed_job_with_the_reason(session: Session, other: Session) -> None:
    user = session.create("User", username=f"user {os.urandom(4).hex()}")
    session.commit()
    with pytest.raises(ZeroDivisionError), session.job("Deliver", user) as job:
        job.progress(1, of=4)
        1 / 0  # noqa: B018
    assert existing(other.get("Job", job.id)).user_id == user.id
    status, data = status_and_data(other, job.id)
    assert status == "failed"
    assert data["description"] == "Deliver: failed: ZeroDivisionError: division by zero"
    assert (data["error"], data["done"]) == ("ZeroDivisionError: division by zero", 1)


def test_an_interrupt_is_a_reason_too(session: Session, other: Session) -> None:
    with pytest.raises(KeyboardInterrupt), session.job("Deliver") as job:
        raise KeyboardInterrupt
    assert status_and_data(other, job.id)[1]["error"] == "interrupted"


def test_a_status_that_the_block_has_set_stays(session: Session, other: Session) -> None:
    with session.job("Deliver") as job:
        job.status = "failed"
        session.commit()
    assert status_and_data(other, job.id)[0] == "failed"


def test_a_failure_that_cannot_be_stored_does_not_hide_the_error(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    session = connect()
    with pytest.raises(ZeroDivisionError) as caught, session.job("Deliver"):
        session.close()
        1 / 0  # noqa: B018
    assert "could not be marked as failed" in caplog.text
    if sys.version_info >= (3, 11):
        assert "could not be marked as failed" in caught.value.__notes__[0]


def test_a_job_that_cannot_be_created_stops_before_the_block(session: Session, production: Production) -> None:
    with pytest.raises(errors.InvalidValue), session.job("Deliver", existing(session.get("Task", production.tasks[0]))):
        pytest.fail("the block must not run")
    assert session.created == []


PROGRAM = """
    import sys, threading
    from ftrack_orm import Session

    session = Session(schema_cache_path=False)

    def work(wait):
        with session.job("Deliver") as job:
            print(job.id, flush=True)
            wait()
"""


def run(box: Sandbox, program: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "FTRACK_SERVER": box.url,
        "FTRACK_API_KEY": box.api_key,
        "FTRACK_API_USER": box.api_user,
    }
    source = textwrap.dedent(PROGRAM) + textwrap.dedent(program)
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", source], env=environment, cwd=root, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_makes_a_failed_job_and_still_ends_the_process(
    box: Sandbox, other: Session, number: signal.Signals
) -> None:
    default = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)"  # tests may run where it is ignored
    with run(box, f"{default}; work(threading.Event().wait)") as process:
        assert process.stdout is not None
        job_id = process.stdout.readline().strip()
        process.send_signal(number)
        assert process.wait(30) == -number
    status, data = status_and_data(other, job_id)
    assert (status, data["error"]) == ("failed", f"the process was terminated by {number.name}")


def test_the_signal_reaches_the_program_again_after_the_block(session: Session) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    with session.job("outer"), session.job("inner"):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_the_end_of_the_process_makes_a_failed_job_of_a_thread(box: Sandbox, other: Session) -> None:
    program = """
        started = threading.Event()
        thread = threading.Thread(target=work, args=(lambda: (started.set(), threading.Event().wait()),), daemon=True)
        thread.start()
        started.wait()
    """
    with run(box, program) as process:
        output, _ = process.communicate(timeout=30)
    status, data = status_and_data(other, output.strip())
    assert (status, data["error"]) == ("failed", "the process ended")


def test_a_signal_that_the_program_handles_itself_is_left_to_it(session: Session) -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: received.append(number))
    try:
        with session.job("Deliver"):
            os.kill(os.getpid(), signal.SIGTERM)
        assert received == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_forked_child_does_not_end_the_job(box: Sandbox, other: Session) -> None:
    program = """
        import os
        def fork():
            if os.fork() == 0:
                raise ValueError("in the child")
            os.wait()
        work(fork)
    """
    with run(box, program) as process:
        output, _ = process.communicate(timeout=30)
    assert status_and_data(other, output.split()[0])[0] == "done"
