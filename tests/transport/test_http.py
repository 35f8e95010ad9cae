from __future__ import annotations

import gzip
import logging
import pickle
import signal
import socket
import threading
import time
import traceback

import pytest

from ftrack_orm.errors import ProtocolError, RequestCancelled, RequestTimeout, SettingsError, TransportError
from ftrack_orm.transport import connection_pool
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.cancellation import Cancellation
from ftrack_orm.transport.http import LONGEST_RETRY_AFTER, HttpTransport, pause

READ = Request(b'[{"action":"query"}]', {"ftrack-api-key": "the-key"}, timeout=5.0, repeatable=True)
WRITE = Request(b'[{"action":"create"}]', {"ftrack-api-key": "the-key"}, timeout=5.0, repeatable=False)

#: Ways of losing the connection once the request has been sent.
CUT_ANSWERS = {
    "no answer": b"",
    "half a status line": b"HTTP/1.",
    "half the headers": b"HTTP/1.1 200 OK\r\ncontent-type: app",
    "no body": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
    "half the body": b'HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n[{"action"',
    "half a chunk": b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n[{"action"',
    "no last chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00 something else\r\n\r\n",
    "half a compressed body": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 900\r\n\r\n"
    + gzip.compress(b"[]" * 500)[:20],
}


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def make_transport(make_settings, pauses):
    made = []

    def make(**changes):
        clock = changes.pop("clock", time.monotonic)
        transport = HttpTransport(
            make_settings(**changes), pause=lambda seconds, cancellation: pauses.append(seconds), clock=clock
        )
        made.append(transport)
        return transport

    yield make
    for transport in made:
        transport.close()


# -- one exchange ---------------------------------------------------------------------------------------------------


def test_a_request_is_posted_to_the_api_and_answered(server, steps, make_transport):
    server.script = [steps.answer(b'[{"data":[]}]', x_server="ftrack")]
    answer = make_transport().send(READ)
    assert (answer.status, answer.body, answer.headers["x-server"]) == (200, b'[{"data":[]}]', "ftrack")
    received = server.received[0]
    assert received.start == "POST /api HTTP/1.1"
    assert received.body == READ.body
    assert received.headers["ftrack-api-key"] == "the-key"


def test_a_server_below_a_path_is_asked_there(server, make_transport):
    make_transport(server_url=server.url + "/ftrack/").send(READ)
    assert server.received[0].start == "POST /ftrack/api HTTP/1.1"


def test_a_compressed_answer_arrives_plain(server, steps, make_transport):
    body = b'[{"data":"' + b"x" * 100_000 + b'"}]'
    server.script = [steps.answer(gzip.compress(body), content_encoding="gzip")]
    assert make_transport().send(READ).body == body


def test_an_answer_in_chunks_arrives_whole(server, steps, make_transport):
    chunks = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
    server.script = [steps.raw(chunks, keep=True)]
    assert make_transport().send(READ).body == b"[]"


def test_an_error_status_is_an_answer_like_any_other(server, steps, make_transport):
    server.script = [steps.answer(b'{"exception":"ValidationError"}', "400 Bad Request")]
    assert make_transport().send(WRITE).status == 400
    assert len(server.received) == 1


def test_cookies_of_the_settings_and_of_the_server_are_sent(server, steps, make_transport):
    server.script = [steps.answer(b"[]", set_cookie="balancer=b2; Path=/")]
    transport = make_transport(cookies={"session": "s1"})
    transport.send(READ)
    transport.send(READ)
    assert server.received[0].headers["cookie"] == "session=s1"
    assert set(server.received[1].headers["cookie"].split("; ")) == {"session=s1", "balancer=b2"}


def test_the_netrc_file_adds_no_credentials(server, make_transport, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    make_transport().send(READ)
    assert "authorization" not in server.received[0].headers


def test_a_proxy_given_as_argument_carries_the_request(server, make_transport):
    make_transport(server_url="http://ftrack.invalid", proxies={"http": server.url}).send(READ)
    assert server.received[0].start == "POST http://ftrack.invalid/api HTTP/1.1"


def test_a_proxy_of_the_environment_carries_the_request(server, make_transport, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    make_transport(server_url="http://ftrack.invalid").send(READ)
    assert server.received[0].start == "POST http://ftrack.invalid/api HTTP/1.1"


@pytest.mark.parametrize("cancellation", [None, Cancellation()], ids=["plain", "cancellable"])
def test_it_tells_when_a_request_is_on_the_line_before_there_is_an_answer(server, steps, make_transport, cancellation):
    sent = threading.Event()
    respond = steps.answer(b"[]")
    server.script = [lambda connection: sent.wait(5) and respond(connection), respond]
    transport = make_transport()
    assert transport.send(Request(b"[]", on_sent=sent.set), cancellation).body == b"[]"
    assert sent.is_set()
    sent.clear()
    transport.send(READ)  # the next one on that connection tells nobody
    assert not sent.is_set()


# -- connections ----------------------------------------------------------------------------------------------------


def test_the_connection_is_kept_alive(server, make_transport):
    transport = make_transport()
    for _ in range(3):
        transport.send(READ)
    transport.send(READ, Cancellation())
    assert server.connections == 1


def test_threads_that_end_leave_their_connection_to_the_next(server, make_transport):
    transport = make_transport()
    for _ in range(5):
        thread = threading.Thread(target=transport.send, args=(READ,))
        thread.start()
        thread.join()
    assert server.connections == 1


def test_threads_that_send_at_the_same_time_have_connections_of_their_own(server, steps, make_transport):
    together = threading.Barrier(3)

    def after_all_came(connection):
        together.wait(5)
        return steps.answer(b"[]")(connection)

    server.script = [after_all_came]
    transport = make_transport()
    threads = [threading.Thread(target=transport.send, args=(READ,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {received.connection for received in server.received} == {1, 2, 3}


def test_a_connection_unused_for_long_is_replaced(server, make_transport):
    now = [1000.0]
    transport = make_transport(clock=lambda: now[0])
    transport.send(READ)
    now[0] += connection_pool.IDLE_LIMIT - 1
    transport.send(READ)
    assert server.connections == 1
    now[0] += connection_pool.IDLE_LIMIT + 1
    transport.send(READ)
    assert server.connections == 2


def test_closing_ends_the_idle_connections(server, make_transport):
    transport = make_transport()
    transport.send(READ)
    transport.close()
    assert server.closed_by_client.wait(5)


def test_a_connection_the_server_closed_while_idle_is_replaced_even_for_a_change(server, steps, make_transport):
    closed = threading.Event()

    def answer_and_close(connection):
        steps.answer(b"[]")(connection)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()
        return False

    server.script = [answer_and_close, steps.answer(b"[1]")]
    transport = make_transport()
    transport.send(READ)
    assert closed.wait(5)
    assert transport.send(WRITE).body == b"[1]"


# -- the line fails -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", CUT_ANSWERS.values(), ids=CUT_ANSWERS)
def test_a_read_is_sent_again_when_the_answer_is_lost(server, steps, make_transport, pauses, cut):
    server.script = [steps.raw(cut), steps.answer(b"[1]")]
    assert make_transport().send(READ).body == b"[1]"
    assert len(server.received) == 2
    assert len(pauses) == 1


@pytest.mark.parametrize("cut", CUT_ANSWERS.values(), ids=CUT_ANSWERS)
def test_a_change_is_sent_once_when_the_answer_is_lost(server, steps, make_transport, pauses, cut):
    server.script = [steps.raw(cut), steps.answer(b"[1]")]
    with pytest.raises(TransportError) as caught:
        make_transport().send(WRITE)
    assert caught.value.safe_to_retry is False
    assert "may or may not" in str(caught.value)
    assert len(server.received) == 1
    assert pauses == []


def test_a_reset_connection_is_told_as_lost(server, steps, make_transport):
    server.script = [steps.reset]
    with pytest.raises(TransportError, match="was lost") as caught:
        make_transport().send(WRITE)
    assert caught.value.safe_to_retry is False


def test_a_read_is_given_up_after_the_retries_with_growing_pauses(server, steps, make_transport, pauses):
    server.script = [steps.hang_up]
    with pytest.raises(TransportError) as caught:
        make_transport(retries=3).send(READ)
    assert len(server.received) == 4
    assert len(pauses) == 3
    assert 2 * pauses[0] < pauses[2]
    assert caught.value.safe_to_retry is True


def test_no_retries_are_no_retries(server, steps, make_transport, pauses):
    server.script = [steps.hang_up]
    with pytest.raises(TransportError):
        make_transport(retries=0).send(READ)
    assert len(server.received) == 1


def test_a_body_cut_short_is_told_with_status_and_beginning(server, steps, make_transport):
    server.script = [steps.raw(CUT_ANSWERS["half the body"])]
    with pytest.raises(TransportError, match="cut short after 10 of 30 bytes") as caught:
        make_transport().send(WRITE)
    assert caught.value.status == 200
    assert caught.value.excerpt == '[{"action"'


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "change"])
def test_anything_is_sent_again_while_no_connection_can_be_made(make_transport, unused_port, pauses, request_):
    with pytest.raises(TransportError, match="Nothing was sent") as caught:
        make_transport(server_url=f"http://127.0.0.1:{unused_port}", retries=2).send(request_)
    assert caught.value.safe_to_retry is True
    assert len(pauses) == 2
    assert "refused" in str(caught.value)
    assert "FTRACK_SERVER" in str(caught.value)


def test_a_change_goes_through_once_the_server_is_up(make_settings, unused_port):
    up = []

    def start_server(seconds, cancellation):
        listener = socket.create_server(("127.0.0.1", unused_port))
        up.append(listener)

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")

        threading.Thread(target=serve, daemon=True).start()

    transport = HttpTransport(make_settings(server_url=f"http://127.0.0.1:{unused_port}"), pause=start_server)
    assert transport.send(WRITE).body == b"[]"
    transport.close()
    up[0].close()


def test_an_unknown_host_is_told_as_such(make_transport, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", _no_such_host)
    with pytest.raises(TransportError, match=r"host of http://no-such\.invalid is not known.*FTRACK_SERVER") as caught:
        make_transport(server_url="http://no-such.invalid").send(WRITE)
    assert caught.value.safe_to_retry is True


def _no_such_host(*args, **kwargs):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_a_proxy_that_cannot_be_reached_is_blamed(make_transport, unused_port):
    proxy = f"http://127.0.0.1:{unused_port}"
    with pytest.raises(TransportError, match=r"proxy.*HTTPS_PROXY") as caught:
        make_transport(server_url="http://ftrack.invalid", proxies={"http": proxy}, retries=1).send(WRITE)
    assert caught.value.safe_to_retry is True


def test_a_server_that_speaks_plain_http_is_told_from_one_that_is_not_trusted(server, make_transport, pauses):
    with pytest.raises(TransportError, match=r"trusted.*ca_bundle.*http://") as caught:
        make_transport(server_url=server.url.replace("http:", "https:")).send(READ)
    assert pauses == []
    assert "WRONG_VERSION" in str(caught.value).upper().replace(" ", "_") or "SSL" in str(caught.value)


def test_a_missing_certificate_bundle_is_a_mistake_in_the_settings(server, make_transport):
    with pytest.raises(SettingsError, match=r"ca_bundle.*/no/such/bundle\.pem"):
        make_transport(server_url=server.url.replace("http:", "https:"), ca_bundle="/no/such/bundle.pem").send(READ)


def test_a_server_nobody_vouches_for_gets_nothing(tls_server, make_transport, pauses):
    with pytest.raises(TransportError, match=r"trusted.*self.signed.*ca_bundle") as caught:
        make_transport(server_url=tls_server.url).send(WRITE)
    assert caught.value.safe_to_retry is True
    assert (tls_server.received, pauses) == ([], [])


def test_a_certificate_named_in_the_settings_is_trusted(tls_server, make_transport, certificate):
    assert make_transport(server_url=tls_server.url, ca_bundle=certificate).send(WRITE).body == b"[]"


def test_a_certificate_bundle_of_the_environment_is_trusted(tls_server, make_transport, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert make_transport(server_url=tls_server.url).send(WRITE).body == b"[]"


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_any_server_is_trusted_when_the_settings_say_so(tls_server, make_transport, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/bundle.pem")
    assert make_transport(server_url=tls_server.url, ca_bundle=False).send(WRITE).body == b"[]"


def test_cancelling_ends_a_trusted_connection_too(tls_server, make_transport, certificate):
    tls_server.script = [lambda connection: bool(connection.recv(1)) or tls_server.closed_by_client.set()]
    cancellation = Cancellation()
    threading.Thread(target=lambda: tls_server.arrived.acquire(timeout=5) and cancellation.cancel()).start()
    with pytest.raises(RequestCancelled):
        make_transport(server_url=tls_server.url, ca_bundle=certificate).send(Request(b"[]"), cancellation)
    assert tls_server.closed_by_client.wait(5)


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "change"])
def test_a_silent_server_is_a_timeout_and_not_asked_again(server, make_transport, pauses, request_):
    server.script = [lambda connection: server.released.wait(10)]
    with pytest.raises(RequestTimeout, match=r"silent for 0\.05 seconds") as caught:
        make_transport().send(Request(request_.body, timeout=0.05, repeatable=request_.repeatable))
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.safe_to_retry is request_.repeatable
    assert len(server.received) == 1
    assert pauses == []


def test_a_server_silent_in_the_middle_of_its_answer_is_a_timeout(server, make_transport):
    def half(connection):
        connection.sendall(CUT_ANSWERS["half the body"])
        return server.released.wait(10)

    server.script = [half]
    with pytest.raises(RequestTimeout):
        make_transport().send(Request(b"[]", timeout=0.05, repeatable=True))


def test_an_address_that_cannot_be_one_is_a_mistake_in_the_settings(make_transport, pauses):
    with pytest.raises(SettingsError, match="server_url"):
        make_transport(server_url="https://" + "a" * 70 + ".example.com").send(READ)
    assert pauses == []


# -- statuses that pass ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["429 Too Many", "502 Bad Gateway", "503 Unavailable", "504 Gateway Timeout"])
def test_a_read_is_sent_again_when_a_gateway_fails(server, steps, make_transport, pauses, status):
    server.script = [steps.answer(b"<html>busy</html>", status), steps.answer(b"[1]")]
    assert make_transport().send(READ).body == b"[1]"
    assert len(pauses) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_change_is_not_sent_again_when_a_gateway_fails(server, steps, make_transport, pauses, status):
    server.script = [steps.answer(b"<html>busy</html>", f"{status} Busy"), steps.answer(b"[1]")]
    with pytest.raises(TransportError, match=str(status)) as caught:
        make_transport().send(WRITE)
    assert (caught.value.status, caught.value.excerpt) == (status, "<html>busy</html>")
    assert caught.value.safe_to_retry is False
    assert len(server.received) == 1


def test_a_gateway_that_goes_on_failing_is_told(server, steps, make_transport):
    server.script = [steps.answer(b"<html>busy</html>", "502 Bad Gateway")]
    with pytest.raises(TransportError, match="502") as caught:
        make_transport(retries=1).send(READ)
    assert caught.value.safe_to_retry is True
    assert len(server.received) == 2


def test_the_servers_own_words_are_passed_on_whatever_the_status(server, steps, make_transport):
    body = b'{"exception":"ServerError","content":"no"}'
    server.script = [steps.answer(body, "503 Service Unavailable")]
    answer = make_transport().send(WRITE)
    assert (answer.status, answer.body) == (503, body)


@pytest.mark.parametrize(("asked", "paused"), [("3", 3.0), ("0", 0.0), ("86400", LONGEST_RETRY_AFTER)])
def test_the_pause_a_server_asks_for_is_made_within_reason(server, steps, make_transport, pauses, asked, paused):
    server.script = [steps.answer(b"", "503 Unavailable", retry_after=asked), steps.answer(b"[]")]
    make_transport().send(READ)
    assert pauses == [paused]


def test_a_pause_asked_for_as_a_date_is_the_usual_one(server, steps, make_transport, pauses):
    date = "Wed, 21 Oct 2099 07:28:00 GMT"
    server.script = [steps.answer(b"", "503 Unavailable", retry_after=date), steps.answer(b"[]")]
    make_transport().send(READ)
    assert 0 < pauses[0] < 1


# -- redirects ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
def test_a_redirect_that_keeps_the_method_is_followed_on_the_same_host(server, steps, make_transport, status):
    server.script = [steps.answer(b"", status, location="/v2/api"), steps.answer(b"[1]")]
    assert make_transport().send(WRITE).body == b"[1]"
    assert [received.start for received in server.received] == ["POST /api HTTP/1.1", "POST /v2/api HTTP/1.1"]
    assert server.received[1].body == WRITE.body


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_makes_a_get_of_it_is_an_error_naming_the_place(server, steps, make_transport, status):
    location = "https://ftrack.example.com/api?token=s3cret"
    server.script = [steps.answer(b"moved", f"{status} Moved", location=location)]
    with pytest.raises(ProtocolError, match=r"redirects to https://ftrack\.example\.com \(") as caught:
        make_transport().send(READ)
    assert "s3cret" not in str(caught.value)
    assert "FTRACK_SERVER" in str(caught.value)
    assert (caught.value.status, caught.value.excerpt) == (status, "moved")
    assert len(server.received) == 1


@pytest.mark.parametrize("place", ["http://localhost:{port}", "http://127.0.0.1:1", "ftp://127.0.0.1:{port}"])
def test_the_key_is_not_carried_to_another_server(server, steps, make_transport, place):
    place = place.format(port=server.port)
    server.script = [steps.answer(b"", "307 Temporary Redirect", location=f"{place}/api")]
    with pytest.raises(ProtocolError, match=f"redirects to {place}"):
        make_transport().send(READ)
    assert len(server.received) == 1


def test_a_redirect_from_http_to_https_on_the_same_host_is_followed(
    server, tls_server, steps, make_transport, certificate
):
    server.script = [steps.answer(b"", "308 Permanent Redirect", location=f"{tls_server.url}/api")]
    tls_server.script = [steps.answer(b"[1]")]
    assert make_transport(ca_bundle=certificate).send(WRITE).body == b"[1]"
    assert tls_server.received[0].body == WRITE.body


def test_redirects_in_a_circle_end(server, steps, make_transport):
    there, back = ({"location": place} for place in ("/v2/api", "/api"))
    redirects = [steps.answer(b"", "307 Temporary Redirect", **place) for place in (there, back)]
    server.script = redirects * 10
    with pytest.raises(ProtocolError, match="keeps redirecting"):
        make_transport().send(READ)


# -- cancelling -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [READ, WRITE], ids=["read", "change"])
def test_cancelling_ends_a_request_under_way_at_once_and_its_connection(server, make_transport, request_):
    server.script = [lambda connection: bool(connection.recv(1)) or server.closed_by_client.set()]
    cancellation = Cancellation()
    threading.Thread(target=lambda: server.arrived.acquire(timeout=5) and cancellation.cancel()).start()
    with pytest.raises(RequestCancelled) as caught:
        make_transport().send(Request(request_.body, timeout=None, repeatable=request_.repeatable), cancellation)
    assert caught.value.safe_to_retry is request_.repeatable
    assert server.closed_by_client.wait(5)


def test_after_cancelling_the_next_request_has_a_connection_of_its_own(server, steps, make_transport):
    server.script = [lambda connection: server.released.wait(10), steps.answer(b"[1]")]
    transport, cancellation = make_transport(), Cancellation()
    threading.Thread(target=lambda: server.arrived.acquire(timeout=5) and cancellation.cancel()).start()
    with pytest.raises(RequestCancelled):
        transport.send(READ, cancellation)
    assert transport.send(WRITE, Cancellation()).body == b"[1]"
    assert server.connections == 2


def test_a_request_cancelled_before_is_not_sent(server, make_transport):
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(RequestCancelled) as caught:
        make_transport().send(WRITE, cancellation)
    assert caught.value.safe_to_retry is True
    assert server.received == []


def test_cancelling_during_a_pause_ends_it(server, steps, make_settings):
    server.script = [steps.hang_up]
    cancellation = Cancellation()

    def pause(seconds, given):
        assert given is cancellation
        cancellation.cancel()

    with pytest.raises(RequestCancelled, match="before it was sent again"):
        HttpTransport(make_settings(), pause=pause).send(READ, cancellation)
    assert len(server.received) == 1


def test_cancelling_later_leaves_a_finished_request_and_its_connection_alone(server, make_transport):
    transport, cancellation = make_transport(), Cancellation()
    transport.send(READ, cancellation)
    cancellation.cancel()
    transport.send(READ)
    assert server.connections == 1


def test_failures_are_the_same_with_a_cancellation(server, steps, make_transport):
    server.script = [steps.hang_up]
    with pytest.raises(TransportError) as caught:
        make_transport().send(WRITE, Cancellation())
    assert not isinstance(caught.value, RequestCancelled)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="only where a thread can be sent a signal")
@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="only the main thread is asked")
def test_an_interrupt_from_the_keyboard_ends_the_request_and_its_connection(server, make_transport):
    server.script = [lambda connection: bool(connection.recv(1)) or server.closed_by_client.set()]
    main = threading.get_ident()

    def interrupt():
        server.arrived.acquire(timeout=5)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        make_transport().send(Request(b"[]"), Cancellation())
    assert server.closed_by_client.wait(5)


def test_a_pause_lasts_until_it_is_over_or_cancelled():
    pause(0.0, None)
    cancellation = Cancellation()
    cancellation.cancel()
    pause(3600.0, cancellation)


# -- secrets --------------------------------------------------------------------------------------------------------


def test_the_key_is_in_no_repr_error_cause_or_log(server, steps, make_transport, caplog):
    server.script = [steps.hang_up]
    with caplog.at_level(logging.DEBUG), pytest.raises(TransportError) as caught:
        make_transport(retries=1).send(READ)
    error = caught.value
    assert "Sending again" in caplog.text
    texts = [repr(READ), repr(error), caplog.text, "".join(traceback.format_exception(error))]
    cause = error.__cause__
    while cause is not None:
        texts.append(repr(vars(cause)))
        texts.append(repr(getattr(getattr(cause, "request", None), "headers", "")))
        cause = cause.__cause__ or cause.__context__
    assert not [text for text in texts if "the-key" in text]


def test_a_line_error_survives_pickling(server, steps, make_transport):
    server.script = [steps.raw(CUT_ANSWERS["half the body"])]
    with pytest.raises(TransportError) as caught:
        make_transport().send(WRITE)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.safe_to_retry, again.status) == (str(caught.value), False, 200)
