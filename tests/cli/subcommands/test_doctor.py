"""`ftrack-orm doctor`: what works, and each failure with advice."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm.sandbox import Sandbox
from tests.cli.terminals import Ran, run_in_pipe, run_in_terminal
from tests.keyrings import MemoryKeyring


def findings(ran: Ran) -> dict[str, dict[str, Any]]:
    """Return the findings by the names of their checks."""
    return {finding["check"]: finding for finding in ran.json}


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a server that answers each request with a page of HTML."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Welcome</html>")

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.usefixtures("account")
def test_all_parts_of_a_working_installation_are_ok(box: Sandbox) -> None:
    ran = run_in_pipe("doctor", "--json")
    assert ran.code == 0
    assert ran.errors == ""
    found = findings(ran)
    for name in ("connection", "credentials", "server version", "schema", "latency", "events", "cache folder"):
        assert found[name]["state"] == "ok", found[name]
        assert found[name]["advice"] == ""
    assert found["server"]["detail"] == f"{box.url}, from FTRACK_SERVER"
    assert found["key"]["detail"].endswith("characters, from FTRACK_API_KEY")
    assert box.api_key not in ran.output
    assert " ms" in found["latency"]["detail"]
    assert "an event returns in" in found["events"]["detail"]
    assert {"python", "ftrack_orm", "keyring"} <= set(found)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("columns", [80, 48])
def test_a_terminal_shows_the_states_in_colours_and_within_its_width(columns: int) -> None:
    ran = run_in_terminal("doctor", "--no-events", columns=columns)
    assert "\x1b[32mok" in ran.output
    plain = run_in_terminal("doctor", "--no-events", columns=columns, NO_COLOR="1", FTRACK_API_KEY="wrong")
    assert plain.code == 3
    assert [line for line in plain.lines if len(line) > columns] == []
    assert "→ Run `ftrack-orm login`." in " ".join(plain.output.split())
    assert "1 failed, 0 warnings" in plain.output


@pytest.mark.usefixtures("account")
def test_a_refused_key_is_told_from_a_broken_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTRACK_API_KEY", "wrong")
    ran = run_in_pipe("doctor", "--json")
    assert ran.code == 3
    found = findings(ran)
    assert found["connection"]["state"] == "ok"
    assert found["credentials"]["state"] == "failed"
    assert "ftrack-orm login" in found["credentials"]["advice"]
    assert "latency" not in found


@pytest.mark.usefixtures("account")
def test_a_server_that_does_not_answer_is_reported_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        unused = listener.getsockname()[1]
    monkeypatch.setenv("FTRACK_SERVER", f"http://127.0.0.1:{unused}")
    ran = run_in_pipe("doctor", "--json")
    assert ran.code == 3
    assert "refused" in findings(ran)["connection"]["detail"].lower()
    assert "browser" in findings(ran)["connection"]["advice"]


@pytest.mark.usefixtures("account")
def test_a_server_of_another_kind_is_reported_with_advice(page: str) -> None:
    found = findings(run_in_pipe("doctor", "--json", "--server", page))
    assert found["connection"]["state"] == "failed"
    assert "FTRACK_SERVER is the address of an ftrack server" in found["connection"]["advice"]
    assert found["server"]["detail"] == f"{page}, from an option of the command"


@pytest.mark.usefixtures("account")
def test_an_event_server_that_refuses_is_reported(box: Sandbox) -> None:
    box.events.refuse_handshakes(1)
    ran = run_in_pipe("doctor", "--json")
    assert ran.code == 3
    assert "503" in findings(ran)["events"]["detail"]
    assert "firewall" in findings(ran)["events"]["advice"]


@pytest.mark.usefixtures("account")
def test_an_event_server_without_events_is_reported(box: Sandbox) -> None:
    box.events.delay(60)
    try:
        found = findings(run_in_pipe("doctor", "--json", "--timeout", "0.3"))
    finally:
        box.events.delay(0)
    assert found["events"]["state"] == "failed"
    assert "did not come back" in found["events"]["detail"]


@pytest.mark.usefixtures("account")
def test_a_missing_key_is_named_with_the_places_and_the_command(
    monkeypatch: pytest.MonkeyPatch, vault: MemoryKeyring, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FTRACK_API_KEY")
    monkeypatch.setenv("FTRACK_APIKEI", "typo")
    found = findings(run_in_pipe("doctor", "--json"))
    assert found["key"]["state"] == "failed"
    assert "The system keyring" in found["key"]["detail"]
    assert "FTRACK_API_KEY" in found["key"]["advice"]
    assert found["variables"]["state"] in ("ok", "warning")
    assert found["connection"]["state"] == "skipped"
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("account")
def test_a_key_of_the_keyring_is_named_with_its_source(
    monkeypatch: pytest.MonkeyPatch, box: Sandbox, vault: MemoryKeyring
) -> None:
    monkeypatch.delenv("FTRACK_API_KEY")
    vault.set_password(box.url, box.api_user, box.api_key)
    found = findings(run_in_pipe("doctor", "--json", "--no-events"))
    assert found["key"]["detail"].endswith("from the system keyring")
    assert found["credentials"]["state"] == "ok"


@pytest.mark.usefixtures("account")
def test_a_malformed_address_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTRACK_SERVER", "ftp://studio")
    found = findings(run_in_pipe("doctor", "--json"))
    assert found["server"]["state"] == "failed"
    assert "ftp" in found["server"]["detail"]


@pytest.mark.usefixtures("account")
def test_a_cache_that_cannot_be_kept_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path / "file" / "cache"))
    ran = run_in_pipe("doctor", "--json", "--no-events")
    found = findings(ran)
    assert found["cache folder"]["state"] == "failed"
    assert found["cached schema"]["state"] == "warning"
    assert ran.code == 3
