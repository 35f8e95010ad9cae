"""Pure: signs the parameters of URLs and checks them, so that a URL is enough to send or receive one file."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

#: The parameters that the signature adds.
SIGNATURE, EXPIRES = "signature", "expires"


class SignatureRefused(Exception):
    """A signature is missing, does not match, or has expired; the text says which."""


class Signer:
    """Signs parameters with a random key that only this server knows."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._generation = 0

    def expire_all(self) -> None:
        """Let every signature with a time limit that was made so far be expired."""
        self._generation += 1

    def signed_query(self, path: str, parameters: Mapping[str, str], expires: int | None = None) -> str:
        """Return *parameters* as the query of a URL with *path*, signed.

        *expires* is the time in seconds since 1970 until which the signature is valid; None sets no limit.
        """
        signed = dict(parameters)
        if expires is not None:
            signed[EXPIRES] = f"{expires}.{self._generation}"
        return urlencode({**signed, SIGNATURE: self._digest(path, signed)})

    def check(self, path: str, parameters: Mapping[str, str], now: float) -> None:
        """Raise `SignatureRefused` unless the parameters of a request to *path* are signed and valid at *now*.

        *now* is in seconds since 1970.
        """
        signed = dict(parameters)
        signature = signed.pop(SIGNATURE, "")
        if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), self._digest(path, signed).encode()):
            raise SignatureRefused("The signature of this URL does not match: request a new one.")
        if EXPIRES in signed:
            expires, _, generation = signed[EXPIRES].partition(".")
            if int(generation) != self._generation or int(expires) < now:
                raise SignatureRefused("This signed URL has expired: request a new one.")

    def _digest(self, path: str, parameters: Mapping[str, str]) -> str:
        text = "\n".join([path, *(f"{name}={value!r}" for name, value in sorted(parameters.items()))])
        return hmac.new(self._key, text.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()[:32]
