"""Edge: the streams that accessors of the official client's kind return."""

from __future__ import annotations

import abc
import os
import tempfile
from typing import Any


class Data(metaclass=abc.ABCMeta):
    """A stream. Accessors of a studio may return their own."""

    def __init__(self) -> None:
        self.closed = False

    @abc.abstractmethod
    def read(self, limit: int | None = None) -> Any:
        """Return at most *limit* bytes, all by default."""

    @abc.abstractmethod
    def write(self, content: Any) -> Any:
        """Write *content*."""

    def flush(self) -> None:  # noqa: B027 - streams without a buffer need none
        """Write buffered data."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> Any:
        """Set the position."""
        raise NotImplementedError(f"{type(self).__name__} cannot seek.")

    def tell(self) -> int:
        """Return the position."""
        raise NotImplementedError(f"{type(self).__name__} has no position.")

    def close(self) -> None:
        """Write buffered data and close the stream."""
        self.flush()
        self.closed = True


class FileWrapper(Data):
    """A stream over a file object of Python."""

    def __init__(self, wrapped_file: Any) -> None:
        self.wrapped_file = wrapped_file
        super().__init__()

    def read(self, limit: int | None = None) -> Any:
        return self.wrapped_file.read(-1 if limit is None else limit)

    def write(self, content: Any) -> Any:
        return self.wrapped_file.write(content)

    def flush(self) -> None:
        if hasattr(self.wrapped_file, "flush"):
            self.wrapped_file.flush()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> Any:
        return self.wrapped_file.seek(offset, whence)

    def tell(self) -> int:
        return int(self.wrapped_file.tell())

    def close(self) -> None:
        if not self.closed:
            super().close()
            self.wrapped_file.close()


class File(FileWrapper):
    """A stream over the file at *path*."""

    def __init__(self, path: str, mode: str = "rb") -> None:
        super().__init__(open(path, mode))  # noqa: SIM115 - closed with the stream


class String(FileWrapper):
    """A stream over a temporary file with *content*, text or bytes."""

    def __init__(self, content: str | bytes | None = None) -> None:
        super().__init__(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the stream
        self.is_binary = True
        if content is not None:
            self.write(content)
            self.seek(0)

    def write(self, content: Any) -> Any:
        if not isinstance(content, bytes):
            self.is_binary = False
            content = content.encode()
        return super().write(content)

    def read(self, limit: int | None = None) -> Any:
        content = super().read(limit)
        return content if self.is_binary else content.decode()
