"""A server on a loopback socket that answers every request with given bytes, whatever they are, and hangs up."""

from __future__ import annotations

import contextlib
import random
import re
import socket
import threading
import zlib
from collections.abc import Callable


class HostileServer:
    """Answers each request with `answer(head of the request)` and closes the connection."""

    def __init__(self) -> None:
        self.answer: Callable[[bytes], bytes] = lambda head: b""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(10)
                received = b""
                while b"\r\n\r\n" not in received:
                    received += connection.recv(65536)
                head, _, body = received.partition(b"\r\n\r\n")
                length = int((re.search(rb"(?i)content-length: *(\d+)", head) or [b"", b"0"])[1])
                while len(body) < length:
                    body += connection.recv(65536)
                connection.sendall(self.answer(head))
                # An orderly end: closing with unread bytes would reset the connection and lose the answer.
                connection.shutdown(socket.SHUT_WR)


#: Lines in place of "HTTP/1.1 200 OK".
STATUS_LINES = [
    *(b"HTTP/1.1 %d X" % status for status in (100, 101, 102, 103, 199, 201, 204, 205, 206, 299, 300, 301, 303, 304)),
    *(b"HTTP/1.1 %d X" % status for status in (305, 307, 308, 399, 400, 401, 407, 418, 429, 500, 502, 503, 504, 599)),
    *(b"HTTP/1.1 999 X", b"HTTP/1.1 1000 X", b"HTTP/1.1 -1 X", b"HTTP/1.1 0200 OK", b"HTTP/1.1 2_0_0 OK"),
    *(b"HTTP/1.1 " + b"9" * 5000, b"HTTP/1.1", b"HTTP/1.1 200", b"HTTP/0.9 200 OK", b"HTTP/1.0 200 OK"),
    *(b"HTTP/2 200", b"HTTP/9.9 200 OK", b"ICY 200 OK", b"\xff\xfe", b"", b"\0" * 100, b"A" * 70_000),
    *(
        b"HTTP/1.1 200 \xff\xfe\r\nx: y",
        b"http/1.1 200 ok",
        b"HTTP/1.1\t200\tOK",
        "HTTP/1.1 \u0662\u0660\u0660 OK".encode(),
    ),
]

#: Headers that are added to those of the answer.
HEADERS = [
    *(
        b"content-length: 5",
        b"content-length: 5\r\ncontent-length: 6",
        b"content-length: 5, 6",
        b"content-length: 5, 5",
    ),
    *(b"content-length: -5", b"content-length: " + b"9" * 5000, b"content-length: 0x10", b"content-length: +5"),
    *(b"content-length: 1e3", "content-length: \u0665".encode(), b"content-length:", b"content-length: \xb2"),
    *(b"transfer-encoding: chunked", b"transfer-encoding: gzip", b"transfer-encoding: gzip, chunked"),
    *(b"transfer-encoding: identity", b"Transfer-Encoding: CHUNKED", b"transfer-encoding: \x0bchunked"),
    *(b"content-encoding: gzip", b"content-encoding: deflate", b"content-encoding: br", b"content-encoding: zstd"),
    *(b"content-encoding: gzip, gzip, gzip", b"content-encoding: " + b"gzip," * 1000, b"content-encoding: \xff"),
    *(b"location: http://[", b"location: //", b"location: http://127.0.0.1:99999/", b"location: http://a..b/"),
    *(b"location: " + b"a" * 60_000, b"location: \xff\xfe", b"location: http://\xe9.test/", b"location: /api\x00"),
    *(b"location: ?" + b"x" * 100, b"location: http://" + b"a" * 300 + b"/", b"location: javascript:alert(1)"),
    *(b"location: http:///api", b"location: http://user:pass@127.0.0.1/", b"location: \\\\evil\\api", b"location: /v2"),
    *(b"retry-after: -1", b"retry-after: " + b"9" * 5000, b"retry-after: \xb2", b"retry-after: soon"),
    *(b"retry-after: Fri, 31 Dec 1999 23:59:59 GMT", b"retry-after: 1e400", b"retry-after: nan", b"retry-after:"),
    *(b"set-cookie: a=b", b"set-cookie: a", b"set-cookie: =", b"set-cookie: a=b; max-age=" + b"9" * 5000),
    *(
        b"set-cookie: a=b; expires=" + b"9" * 5000,
        b"set-cookie: a=\xff\x01",
        b"set-cookie: a=b; domain=\xff; path=\xfe",
    ),
    *(b"set-cookie: a=b; version=x; port=" + b"9" * 50, b'set-cookie: a="b\\', b"set-cookie2: a=b; version=1; port=x"),
    *(b"set-cookie: a=" + b"b" * 60_000, b"set-cookie: " + b";" * 30_000, b"connection: close", b"connection: upgrade"),
    *(
        b"x: y\r\n z",
        b" folded",
        b"no colon",
        b": no name",
        b"x\x00y: z",
        b"x: " + b"y" * 66_000,
        b"x y: z",
        b"\xff: \xff",
    ),
    *(
        b"\r\n".join(b"x%d: y" % n for n in range(200)),
        b"keep-alive: timeout=x",
        b"content-type: text/html; charset=\xff",
    ),
    *(b"content-type: application/json; charset=utf-16", b"trailer: x", b"upgrade: h2c", b"date: never", b"\r", b"\n"),
]

BODIES = [
    *(
        b"",
        b" ",
        b"\0",
        b"null",
        b"true",
        b"1",
        b'""',
        b"[]",
        b"{}",
        b"[[]]",
        b"[null]",
        b"[1]",
        b'["a"]',
        b"NaN",
        b"[NaN]",
    ),
    *(b"[Infinity]", b"-", b"[1e999]", b"\xef\xbb\xbf[]", b"\xff\xfe[\0]\0", b'[{"a":1,"a":2}]', b"<html>busy</html>"),
    *(
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 50_000,
        b"[" + b"9" * 5000 + b"]",
        b'["\\ud800"]',
        b'["\xff"]',
    ),
    *(b'{"exception":1}', b'{"exception":null,"content":[]}', b'{"exception":"' + b"x" * 100_000 + b'"}'),
    *(b'[{"exception":{}}]', b'{"exception":"PermissionError","content":{"a":[1]},"error_code":[]}'),
]

CHUNKS = [
    *(
        b"0\r\n\r\n",
        b"2\r\n[]\r\n0\r\n\r\n",
        b"2\r\n[]",
        b"-2\r\n[]\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\n[]",
        b"x\r\n[]\r\n",
    ),
    *(
        b"2;" + b"e" * 70_000 + b"\r\n[]\r\n0\r\n\r\n",
        b"f" * 6000 + b"\r\n[]",
        b"2\n[]\n0\n\n",
        b"2\r\n[]XX0\r\n\r\n",
        b"\r\n",
    ),
    *(
        b"2\r\n[]\r\n0\r\n" + b"t: v\r\n" * 3000 + b"\r\n",
        b"+2\r\n[]\r\n0\r\n\r\n",
        b"0x2\r\n[]\r\n0\r\n\r\n",
        b"2_2\r\n[]",
    ),
]


def mutated(answer: bytes, rng: random.Random, request_head: bytes) -> bytes:
    """Return *answer* with one to four mutations of its status line, headers or body."""
    for _ in range(rng.randint(1, 4)):
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        kind = rng.randrange(16)
        if kind == 0:
            lines[0] = rng.choice(STATUS_LINES)
        elif kind in (1, 2, 3):
            lines.insert(rng.randint(1, len(lines)), rng.choice(HEADERS))
        elif kind == 4:
            del lines[rng.randrange(len(lines))]
        elif kind == 5:
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines or [b"x"]))
        elif kind == 6:
            body = rng.choice(BODIES)
            if rng.random() < 0.7:
                lines = [*(line for line in lines if b"length" not in line.lower()), b"content-length: %d" % len(body)]
        elif kind == 7:
            lines, body = [*lines, b"transfer-encoding: chunked"], rng.choice(CHUNKS)
        elif kind == 8:
            compressor = zlib.compressobj(1, zlib.DEFLATED, rng.choice([15, -15, 31]))
            compressed = compressor.compress(body) + compressor.flush()
            body = compressed[: rng.randint(0, len(compressed))] if rng.random() < 0.5 else compressed
            lines = [line for line in lines if b"length" not in line.lower()]
            lines += [b"content-encoding: " + rng.choice([b"gzip", b"deflate", b"gzip, gzip"])]
        elif kind == 9:
            lines = [b"HTTP/1.1 %d Wait\r\n" % rng.choice([100, 102, 103])] * rng.choice([1, 3, 500]) + lines
        elif kind == 10:
            # A gateway that shows the request in its error page.
            body = rng.choice([b"", b"<pre>", b'{"exception":"x","content":"']) + request_head[:2000]
            lines = [line for line in lines if b"length" not in line.lower()]
        elif kind == 11:
            lines.insert(
                1, rng.choice([b"x-echo: ", b"location: /v2?", b""]) + request_head.replace(b"\r\n", b" ")[:2000]
            )
        elif kind == 12:
            answer = answer[: rng.randint(0, len(answer))]
            continue
        else:
            data = bytearray(answer)
            for _ in range(rng.randint(1, 8)):
                if not data:
                    break
                position = rng.randrange(min(len(data), rng.choice([20, 200, 1_000_000])))
                action = rng.randrange(3)
                if action == 0:
                    data[position] = rng.randrange(256)
                elif action == 1:
                    del data[position : position + rng.randint(1, 20)]
                else:
                    data[position:position] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 6)))
            answer = bytes(data)
            continue
        answer = b"\r\n".join(lines) + b"\r\n\r\n" + body
    return answer
