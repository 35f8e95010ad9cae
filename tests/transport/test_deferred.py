"""A deferred transport is made once, by the first request, and closes what it made."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.deferred import DeferredTransport, http_transport
from ftrack_orm.transport.http import HttpTransport

REQUEST = Request(b"[]", {}, timeout=5.0)


class Recording:
    def __init__(self):
        self.sent, self.closed = [], 0

    def send(self, request, cancellation=None):
        self.sent.append((request, cancellation))
        return Response(200, {}, b"[]")

    def close(self):
        self.closed += 1


@pytest.fixture
def made():
    return []


@pytest.fixture
def deferred(made):
    def make():
        made.append(Recording())
        return made[-1]

    return DeferredTransport(make)


def test_nothing_is_made_until_something_is_sent(deferred, made):
    assert made == []
    assert deferred.send(REQUEST).body == b"[]"
    assert [one.sent for one in made] == [[(REQUEST, None)]]


def test_requests_of_many_threads_share_one_transport(made):
    several = threading.Barrier(8)

    def make():
        made.append(Recording())
        return made[-1]

    deferred = DeferredTransport(make)

    def send():
        several.wait(timeout=30)
        deferred.send(REQUEST)

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(send) for _ in range(8)]:
            future.result(timeout=30)
    assert [len(one.sent) for one in made] == [8]


def test_what_cannot_be_made_is_tried_again_by_the_next_request():
    tries = []

    def make():
        tries.append(1)
        if len(tries) == 1:
            raise OSError("no more files")
        return Recording()

    deferred = DeferredTransport(make)
    with pytest.raises(OSError, match="no more files"):
        deferred.send(REQUEST)
    assert deferred.send(REQUEST).status == 200


def test_closing_makes_nothing_and_closes_what_was_made_before_or_after(deferred, made):
    deferred.close()
    assert made == []
    deferred.send(REQUEST)
    assert made[0].closed == 1
    deferred.close()
    assert made[0].closed == 2


def test_the_transport_over_http_is_the_real_one(make_settings, unused_port):
    transport = http_transport(make_settings(server_url=f"http://127.0.0.1:{unused_port}"))
    assert isinstance(transport._first(), HttpTransport)


def test_importing_and_making_a_session_imports_no_network_library():
    script = (
        "import sys\n"
        "from ftrack_orm import Session\n"
        "session = Session('https://studio.example', 'key', 'user', schema_cache_path=False)\n"
        "session.close()\n"
        "heavy = {'requests', 'urllib3', 'ssl', 'http.client', 'websocket', 'aiohttp', 'sqlalchemy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert result.stdout.strip() == "[]"
