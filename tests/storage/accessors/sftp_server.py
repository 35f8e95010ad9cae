"""An SFTP server for the files in a folder, on paramiko: real SSH over a real socket."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "studio", "hidden-password"


class _Authentication(paramiko.ServerInterface):  # type: ignore[misc]
    def check_auth_password(self, username: str, password: str) -> Any:
        accepted = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if accepted else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> Any:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):  # type: ignore[misc]
    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


def _answer(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call *function* and return its result, or the code of SFTP for success or its error."""
    try:
        result = function(*arguments)
        return paramiko.SFTP_OK if result is None else result
    except OSError as error:
        return paramiko.SFTPServer.convert_errno(error.errno or 0)


class _Files(paramiko.SFTPServerInterface):  # type: ignore[misc]
    def __init__(self, server: Any, folder: Path) -> None:
        super().__init__(server)
        self._folder = folder

    def _path(self, path: str) -> str:
        return f"{self._folder}{self.canonicalize(path)}"

    def list_folder(self, path: str) -> Any:
        def entries() -> list[paramiko.SFTPAttributes]:
            folder = self._path(path)
            return [paramiko.SFTPAttributes.from_stat(os.stat(f"{folder}/{name}"), name) for name in os.listdir(folder)]

        return _answer(entries)

    def stat(self, path: str) -> Any:
        return _answer(lambda: paramiko.SFTPAttributes.from_stat(os.stat(self._path(path))))

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        def opened() -> _Handle:
            is_writing = flags & (os.O_WRONLY | os.O_RDWR)
            file = os.fdopen(os.open(self._path(path), flags, 0o666), "wb" if is_writing else "rb")
            handle = _Handle(flags)
            handle.readfile = handle.writefile = file
            return handle

        return _answer(opened)

    def remove(self, path: str) -> Any:
        return _answer(os.remove, self._path(path))

    def posix_rename(self, oldpath: str, newpath: str) -> Any:
        return _answer(os.replace, self._path(oldpath), self._path(newpath))

    def mkdir(self, path: str, attr: Any) -> Any:
        return _answer(os.mkdir, self._path(path))

    def rmdir(self, path: str) -> Any:
        return _answer(os.rmdir, self._path(path))


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[int]:
    """Serve *folder* for one connection and yield the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    transports: list[paramiko.Transport] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                transport = paramiko.Transport(connection)
                transports.append(transport)
                transport.add_server_key(key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, folder)
                transport.start_server(server=_Authentication())

    key = paramiko.ECDSAKey.generate()
    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    for transport in transports:
        transport.close()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
