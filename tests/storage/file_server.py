"""A storage server on a real socket, which keeps files in memory and fails as a script asks it to."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

from ftrack_orm.wire.operations import Operation
from ftrack_orm.wire.replies import RawReply, Reply


@attrs.frozen
class Received:
    """One request as the server received it."""

    method: str
    path: str
    headers: dict[str, str]
    size: int


class FileServer:
    """Answers PUT and GET of any path. `faults` are used up, one by each request; an empty one means none.

    * a number: this status, with the code after a colon in an error document ("400:BadDigest");
    * "reset": the connection is reset in the middle of the body; "no answer": after it;
    * "stall": nothing is answered until the client gives up;
    * "e_tag:TEXT": the ETag of a PUT is TEXT; "early:STATUS": that status before the body is read;
    * "whole": a range is ignored; "short": the body ends early as if it were complete; "compressed": it is gzipped;
    * "part": another range than the one that was asked for is sent.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: list[str] = []
        self.received: list[Received] = []
        self.operations: list[dict[str, Any]] = []
        self.response_headers: dict[str, str] = {}
        self.generation = 0
        self.released = threading.Event()
        self._lock = threading.Lock()
        files = self

        class Handler(_Handler):
            server_of_files = files

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def next_fault(self) -> str:
        with self._lock:
            return self.faults.pop(0) if self.faults else ""

    def note(self, request: Received) -> None:
        with self._lock:
            self.received.append(request)

    def requests(self, method: str) -> list[Received]:
        return [request for request in self.received if request.method == method]

    # -- the API -------------------------------------------------------------------------------------------------------

    def call(self, operations: Sequence[Operation]) -> list[Reply]:
        """Answer operations as the API of ftrack does. Each signed URL has the number of its generation."""
        return [RawReply(self._answer(operation.to_json())) for operation in operations]

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        self.operations.append(body)
        self.generation += 1
        component_id = body["component_id"]
        if body["action"] == "generate_signed_url":
            return {"action": "generate_signed_url", "data": {"signed_url": f"{self.url}/{component_id}?signature=s"}}
        if not body.get("parts"):
            headers = {"Content-Type": "image/x-exr", "Content-Length": str(body["file_size"])}
            if "checksum" in body:
                headers["Content-MD5"] = body["checksum"]
            headers["Content-Disposition"] = f'attachment; filename="{body["file_name"]}"'
            url = f"{self.url}/{component_id}?signature=s{self.generation}"
            return {"url": url, "headers": headers, "component_id": component_id}
        upload_id = f"upload-{self.generation}"
        urls = [
            {"part_number": number, "signed_url": f"{self.url}/{upload_id}/{number}?signature=s{self.generation}"}
            for number in range(1, body["parts"] + 1)
        ]
        return {"component_id": component_id, "upload_id": upload_id, "urls": urls}

    def joined(self, completion: dict[str, Any]) -> bytes:
        """Return the file that `complete_multipart_upload` makes, after checking the ETags."""
        parts = []
        for part in completion["parts"]:
            content = self.files[f"/{completion['upload_id']}/{part['part_number']}"]
            assert part["e_tag"] == hashlib.md5(content).hexdigest()
            parts.append(content)
        return b"".join(parts)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_files: FileServer

    def log_message(self, *args: Any) -> None:
        """Print nothing."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_PUT(self) -> None:
        files, fault = self.server_of_files, self.server_of_files.next_fault()
        size = int(self.headers["content-length"])
        if fault == "reset":
            self._note(len(self.rfile.read(size // 2)))
            self._reset()
            return
        if fault.startswith("early:"):
            self._note(0)
            self.close_connection = True
            self._answer_error(fault.removeprefix("early:"))
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            return
        body = self.rfile.read(size)
        self._note(len(body))
        if self._fails(fault):
            return
        expected = self.headers.get("content-md5")
        if expected and base64.b64decode(expected) != hashlib.md5(body).digest():
            self._answer_error("400:BadDigest")
            return
        files.files[urlsplit(self.path).path] = body
        e_tag = hashlib.md5(body).hexdigest() if not fault.startswith("e_tag:") else fault.removeprefix("e_tag:")
        self._answer(200, b"", {"etag": f'"{e_tag}"'} if e_tag else {})

    def do_GET(self) -> None:
        files, fault = self.server_of_files, self.server_of_files.next_fault()
        self._note(0)
        address = urlsplit(self.path)
        arguments = parse_qs(address.query)
        path = f"/{arguments['id'][0]}" if address.path.startswith("/component/") else address.path
        content = files.files.get(path)
        if content is None:
            self._answer_error("404:NoSuchKey")
            return
        if address.path == "/component/remove":
            del files.files[path]
            self._answer(200, b"", {})
            return
        if self._fails(fault):
            return
        self._send_file(content, fault)

    def _send_file(self, content: bytes, fault: str) -> None:
        e_tag = f'"{hashlib.md5(content).hexdigest()}"'
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        is_current = self.headers.get("if-range", e_tag) == e_tag
        status, headers, body = 200, {"etag": e_tag, **self.server_of_files.response_headers}, content
        if match and is_current and fault != "whole":
            start = int(match[1]) + (fault == "part")
            if start >= len(content):
                self._answer(416, b"", {"content-range": f"bytes */{len(content)}"})
                return
            status, body = 206, content[start:]
            headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if fault == "short":
            body = body[: len(body) // 2]
        if fault == "compressed":
            import gzip

            body = gzip.compress(body)
            headers["content-encoding"] = "gzip"
        if fault == "reset":
            self._send_head(status, len(body), headers)
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        self._answer(status, body, headers)

    def _fails(self, fault: str) -> bool:
        if fault == "no answer":
            self._reset()
        elif fault == "stall":
            self.close_connection = True
            self.server_of_files.released.wait(10)
        elif fault[:1].isdigit():
            self._answer_error(fault)
        else:
            return False
        return True

    def _note(self, size: int) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server_of_files.note(Received(self.command, self.path, headers, size))

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _answer_error(self, fault: str) -> None:
        status, _, code = fault.partition(":")
        body = f"<Error><Code>{code}</Code><Message>As asked &amp; signed s</Message></Error>" if code else "broken"
        self._answer(int(status), body.encode(), {"content-type": "application/xml"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._send_head(status, len(body), headers)
        self.wfile.write(body)

    def _send_head(self, status: int, size: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-length", str(size))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
