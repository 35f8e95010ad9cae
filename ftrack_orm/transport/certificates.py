"""Edge: checks the file of trusted certificates before the HTTP libraries open it.

They would wait for the writer of a FIFO, and their error about a damaged file does not name it.
"""

from __future__ import annotations

import functools
import os
import ssl

from ftrack_orm.errors import SettingsError
from ftrack_orm.files import NotRegularFile, check_regular


def check_bundle(path: str) -> None:
    """Raise `SettingsError` unless *path* is a folder or a file with certificates.

    A missing file is left to the HTTP libraries. Each state of a file is checked once in a process.
    """
    try:
        status = os.stat(path)
        if os.path.isdir(path):
            return
        check_regular(path, status)
        _check_certificates(path, status.st_ino, status.st_size, status.st_mtime_ns)
    except FileNotFoundError:
        return
    except NotRegularFile as error:
        raise _unusable(path, str(error.strerror)) from None
    except ssl.SSLError as error:
        raise _unusable(path, f"it has no certificates, or is damaged ({error.reason or error})") from error
    except (OSError, ValueError) as error:
        raise _unusable(path, str(getattr(error, "strerror", None) or error)) from error


@functools.lru_cache(maxsize=8)
def _check_certificates(path: str, *state: int) -> None:
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)


def _unusable(path: str, problem: str) -> SettingsError:
    message = f"The certificates in {path} (ca_bundle, REQUESTS_CA_BUNDLE) cannot be used: {problem}."
    return SettingsError(message, setting="ca_bundle")
