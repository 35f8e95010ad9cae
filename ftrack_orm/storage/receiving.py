"""Edge: downloads one file in a stream, and continues it after failures that pass."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ftrack_orm.errors import RequestCancelled, StorageError, TransportError
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.headers import session_headers
from ftrack_orm.transport.redirects import is_http_url, keeps_credentials
from ftrack_orm.transport.retries import retry_after

from .answers import Remedy, refused, remedy_for
from .reception import Damaged, Download, Reception
from .targets import open_target

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.transport.cancellation import Cancellation

    from .progress_meter import ProgressMeter
    from .retrying import RetryPolicy

logger = logging.getLogger("ftrack_orm.storage")

#: The number of bytes of an error's body that are read.
_ERROR_BYTES = 1 << 14


class Receiver:
    """Downloads files with *transport*. The session's own server gets the credentials of *settings* as headers."""

    def __init__(self, settings: Settings, transport: Transport, policy: RetryPolicy) -> None:
        self._settings = settings
        self._transport = transport
        self._policy = policy

    def receive(self, item: Download, meter: ProgressMeter, stop: Cancellation) -> int:
        """Download *item* and return its number of bytes. Raises `StorageError` or `TransportError`."""
        target = open_target(item.target, overwrite=item.overwrite)
        try:
            reception = Reception(item, target, meter)
            self._receive_all(reception, item.url, stop)
            target.finish()
        except BaseException:
            target.abandon()
            raise
        meter.finish_file(target.name)
        return reception.received

    def _receive_all(self, reception: Reception, make_url: Callable[[], str], stop: Cancellation) -> None:
        reception.url, may_renew, attempt = make_url(), True, 0
        while True:
            attempt += 1
            before = reception.received
            delay: float | None = None
            try:
                with self._transport.send(self._request(reception), stop) as response:
                    if response.status < 400:
                        reception.take(response)
                        return
                    if reception.is_complete(response):
                        return
                    content, delay = _beginning(response), retry_after(response.headers, time.time())
                    error: StorageError | TransportError = refused(
                        f"{reception.name} could not be downloaded", response.status, content
                    )
                    remedy = remedy_for(response.status, content)
                    if response.status == 416 and reception.restart():
                        remedy = Remedy.RETRY
            except RequestCancelled:
                raise
            except TransportError as failure:
                error, remedy = failure, Remedy.RETRY
            except Damaged as damage:
                # Once: a second time it would be the server's file that differs.
                error, remedy = damage.error, Remedy.RETRY if reception.restart_damaged() else Remedy.GIVE_UP
            if remedy is Remedy.RENEW and may_renew:
                logger.debug("The URL for %s was refused: %s", reception.name, error)
                reception.url, may_renew, attempt = make_url(), False, 0
                continue
            if remedy is not Remedy.RETRY:
                raise error
            if reception.received > before:
                attempt = 1  # it goes on, so that a long download may be cut any number of times
            error = _with_context(error, reception.name)
            self._policy.wait_before_retry(attempt, error, stop, delay, has_begun=reception.received > 0)

    def _request(self, reception: Reception) -> Request:
        # URL and headers are no variables of a frame that can fail: tracebacks with variables would show them.
        url = reception.url
        headers = {"accept": "*/*", "accept-encoding": "identity", **reception.range_headers()}
        if isinstance(url, str) and is_http_url(url) and keeps_credentials(self._settings.server_url, url):
            headers = {**session_headers(self._settings), **headers}
        timeout = self._settings.timeout
        return Request("GET", url, headers, timeout=timeout, idempotent=True, stream=True, retries=0)


def _beginning(response: Response) -> bytes:
    """Return the first bytes of the body of an error."""
    content = b""
    for block in response:
        content += block
        if len(content) >= _ERROR_BYTES:
            break
    return content


def _with_context(error: StorageError | TransportError, name: str) -> StorageError | TransportError:
    if error.message.startswith(name):
        return error
    changed = type(error)(f"{name} could not be downloaded. {error.message}", **error.details)
    changed.__cause__ = error.__cause__
    return changed
