"""Edge: checks the file of trusted certificates before the HTTP libraries open it.

They would wait for the writer of a FIFO, and their errors name neither a damaged file nor the variable that names it.
"""

from __future__ import annotations

import functools
import os
import re
import ssl

from ftrack_orm.errors import SettingsError
from ftrack_orm.files import NotRegularFile, check_regular

#: The environment variables that requests reads, in this order.
VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
#: The names under which OpenSSL looks for certificates in a folder.
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def variable_of(path: str) -> str | None:
    """Return the environment variable that names the certificates *path*, or None."""
    return next((name for name in VARIABLES if os.environ.get(name) == path), None)


def check_bundle(path: str, source: str = "ca_bundle") -> None:
    """Raise `SettingsError` unless *path*, from the setting or variable *source*, is a file or folder of certificates.

    Each state of a file is checked once in a process.
    """
    try:
        status = os.stat(path)
        if os.path.isdir(path):
            if not any(map(_HASHED_NAME.fullmatch, os.listdir(path))):
                raise _unusable(path, source, "the folder has no certificates that are named by `openssl rehash`")
            return
        check_regular(path, status)
        _check_certificates(path, status.st_ino, status.st_size, status.st_mtime_ns)
    except FileNotFoundError:
        advice = f"correct it, or remove the variable {source}" if source in VARIABLES else "correct it"
        raise _unusable(path, source, f"there is no such file or folder; {advice}") from None
    except NotRegularFile as error:
        raise _unusable(path, source, str(error.strerror)) from None
    except ssl.SSLError as error:
        raise _unusable(path, source, f"it has no certificates, or is damaged ({error.reason or error})") from error
    except (OSError, ValueError) as error:
        raise _unusable(path, source, str(getattr(error, "strerror", None) or error)) from error


@functools.lru_cache(maxsize=8)
def _check_certificates(path: str, *state: int) -> None:
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)


def _unusable(path: str, source: str, problem: str) -> SettingsError:
    message = f"The certificates in {path} ({source}) cannot be used: {problem}."
    return SettingsError(message, setting="ca_bundle")
