"""Tries an installed ftrack_orm, without the packages of the tests: `python smoke.py required`, or with the extras."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys
import threading
from pathlib import Path

import ftrack_orm
from ftrack_orm import Event, Session, errors

COMMAND = Path(sys.executable).with_name("ftrack-orm")
TIMEOUT_SECONDS = 60


def main(mode: str) -> None:
    """Try the parts that *mode* has: "required" for an installation without extras."""
    installed = Path(ftrack_orm.__file__).parent
    assert installed.is_relative_to(sys.prefix), f"{installed} is not part of the environment."
    assert (installed / "py.typed").exists()
    assert ftrack_orm.__version__ == importlib.metadata.version("ftrack-orm")
    for name in ftrack_orm.__all__:
        assert getattr(ftrack_orm, name) is not None, name
    if mode == "required":
        try_without_extras()
    else:
        try_session()
        try_command_line()
    print(f"ftrack_orm {ftrack_orm.__version__} on Python {platform.python_version()} with {mode}: all steps passed.")


def try_without_extras() -> None:
    """A session can be made, and missing packages and settings are named."""
    Session("https://studio.example", "key", "user").close()
    try:
        Session()
    except errors.SettingsError as error:
        assert "FTRACK_SERVER" in str(error)
    failed = subprocess.run([COMMAND, "--help"], text=True, capture_output=True, timeout=TIMEOUT_SECONDS)
    assert failed.returncode != 0
    assert "ftrack-orm[cli" in failed.stderr, failed.stderr


def try_session() -> None:
    """Changes, a file and an event pass through the embedded server."""
    from ftrack_orm.sandbox import Sandbox

    with Sandbox(seed="demo", tasks=20) as box, Session(box.url, box.api_key, box.api_user) as session:
        task = session.query(session.types.Task).first()
        assert task is not None
        task.name = "smoke"
        task.create_note("tried", author=session.query("User").first())
        session.commit()
        assert task.status.name
        received = threading.Event()
        session.event_hub.subscribe("topic=smoke.test", lambda event: received.set())
        session.event_hub.connect()
        session.event_hub.publish(Event("smoke.test", {"by": "ftrack_orm"}))
        assert received.wait(TIMEOUT_SECONDS)
        source = Path("smoke.txt")
        source.write_text("published")
        component = session.create_component(source, location="auto")
        assert session.get_component_url(component.id)


def try_command_line() -> None:
    """The command explains itself, and its server can be used from another process."""
    for arguments in (["--help"], ["--version"], ["sandbox", "--help"]):
        subprocess.run([COMMAND, *arguments], check=True, capture_output=True, timeout=TIMEOUT_SECONDS)
    with subprocess.Popen([COMMAND, "sandbox", "--seed", "empty"], text=True, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        lines = [server.stdout.readline().strip().partition("=") for _ in range(3)]
        variables = {name: value for name, _, value in lines}
        with Session(*(variables[f"FTRACK_{name}"] for name in ("SERVER", "API_KEY", "API_USER"))) as session:
            assert session.query("User").count() == 1
        server.terminate()


if __name__ == "__main__":
    main(sys.argv[1])
