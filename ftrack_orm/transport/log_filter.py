"""Edge: keeps credentials in URLs out of the log of the HTTP library."""

from __future__ import annotations

import logging
import re

from .redaction import REDACTED

#: The parameters of ftrack's URLs, and of signed URLs of S3, Google and Azure, whose values give access.
_SECRET_PARAMETER = re.compile(r"([?&](?:apikey|sig|[^=&\s]*(?:signature|credential|token))=)[^&\s\"']*", re.IGNORECASE)


class CredentialFilter(logging.Filter):
    """Replaces the values of such parameters in the arguments of log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True, after redacting *record*."""
        if isinstance(record.args, tuple):
            record.args = tuple(_redacted(value) if isinstance(value, str) else value for value in record.args)
        return True


def _redacted(text: str) -> str:
    return _SECRET_PARAMETER.sub(rf"\g<1>{REDACTED}", text)


def protect_log() -> None:
    """Filter the log of urllib3, which writes the path and query of each request with level DEBUG."""
    log = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(each, CredentialFilter) for each in log.filters):
        log.addFilter(CredentialFilter())
