"""Files on the server, as scripts for the official client open them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compat.conftest import Both, Studio


def test_a_file_of_the_server_is_read_and_written(both: Both) -> None:
    def run(studio: Studio) -> Any:
        server = studio.session.query('Location where name is "ftrack.server"').one()
        path = studio.folder / "notes.txt"
        path.write_bytes(b"first words")
        component = studio.session.create_component(str(path), location=server)
        ServerFile = studio.client.accessor.server.ServerFile
        file = ServerFile(component["id"], studio.session)
        read = (file.mode, file.resource_identifier == component["id"], file.read(5), file.read(), file.read())
        file.close()
        written = ServerFile(component["id"], studio.session, mode="wb")
        written.write(b"other words")
        written.flush()
        position = written.tell()
        written.close()
        return read, position, ServerFile(component["id"], studio.session).read()

    assert both(run)[2] == b"other words"


def test_a_file_that_the_server_does_not_have_is_an_error(both: Both) -> None:
    def run(studio: Studio) -> None:
        with pytest.raises(studio.client.exception.AccessorError):
            studio.client.accessor.server.ServerFile("1b7e0d3e-0000-11ef-9d9f-000000000000", studio.session).read()

    both(run)
