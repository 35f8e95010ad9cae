"""State: the caches of the official client, for code that makes one. The session does not use them."""

from __future__ import annotations

import dbm
import functools
import inspect
import pickle
import threading
from collections.abc import Callable, Iterable
from typing import Any


class Cache:
    """Values by text keys."""

    def get(self, key: str) -> Any:
        """Return the value of *key*. Raises `KeyError`."""
        raise NotImplementedError

    def set(self, key: str, value: Any) -> None:
        """Set the value of *key*."""
        raise NotImplementedError

    def remove(self, key: str) -> None:
        """Remove *key*. Raises `KeyError`."""
        raise NotImplementedError

    def keys(self) -> list[str]:
        """Return the keys."""
        raise NotImplementedError

    def values(self) -> list[Any]:
        """Return the values."""
        return [self.get(key) for key in self.keys()]

    def clear(self, pattern: str | None = None) -> None:
        """Remove all keys, or those that match the regular expression *pattern*."""
        import re

        for key in list(self.keys()):
            if pattern is None or re.search(pattern, key):
                self.remove(key)


class ProxyCache(Cache):
    """Passes everything on to another cache."""

    def __init__(self, proxied: Cache) -> None:
        self.proxied = proxied

    def get(self, key: str) -> Any:
        return self.proxied.get(key)

    def set(self, key: str, value: Any) -> None:
        self.proxied.set(key, value)

    def remove(self, key: str) -> None:
        self.proxied.remove(key)

    def keys(self) -> list[str]:
        return self.proxied.keys()


class LayeredCache(Cache):
    """Asks several caches, and copies a value to those that come before the one which has it."""

    def __init__(self, caches: Iterable[Cache]) -> None:
        self.caches = list(caches)

    def get(self, key: str) -> Any:
        missing = []
        for cache in self.caches:
            try:
                value = cache.get(key)
            except KeyError:
                missing.append(cache)
                continue
            for each in missing:
                each.set(key, value)
            return value
        raise KeyError(key)

    def set(self, key: str, value: Any) -> None:
        for cache in self.caches:
            cache.set(key, value)

    def remove(self, key: str) -> None:
        holders = [cache for cache in self.caches if key in cache.keys()]  # noqa: SIM118 - no mapping
        if not holders:
            raise KeyError(key)
        for cache in holders:
            cache.remove(key)

    def keys(self) -> list[str]:
        return list(dict.fromkeys(key for cache in self.caches for key in cache.keys()))  # noqa: SIM118 - no mapping


class MemoryCache(Cache):
    """Keeps values in memory."""

    def __init__(self) -> None:
        self._cache: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self._cache[key]

    def set(self, key: str, value: Any) -> None:
        self._cache[key] = value

    def remove(self, key: str) -> None:
        del self._cache[key]

    def keys(self) -> list[str]:
        return list(self._cache)


class FileCache(Cache):
    """Keeps texts in a database file at *path*."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.RLock()

    def get(self, key: str) -> Any:
        with self._lock, dbm.open(self.path, "c") as database:
            return database[key.encode()].decode()

    def set(self, key: str, value: Any) -> None:
        with self._lock, dbm.open(self.path, "c") as database:
            database[key.encode()] = value.encode() if isinstance(value, str) else value

    def remove(self, key: str) -> None:
        with self._lock, dbm.open(self.path, "c") as database:
            del database[key.encode()]

    def keys(self) -> list[str]:
        with self._lock, dbm.open(self.path, "c") as database:
            return [bytes(key).decode() for key in database.keys()]  # type: ignore[arg-type]  # noqa: SIM118 - cannot be iterated


class SerialisedCache(ProxyCache):
    """Encodes values for another cache, and decodes them."""

    def __init__(
        self, proxied: Cache, encode: Callable[[Any], Any] | None = None, decode: Callable[[Any], Any] | None = None
    ) -> None:
        super().__init__(proxied)
        self.encode = encode
        self.decode = decode

    def get(self, key: str) -> Any:
        value = super().get(key)
        return value if self.decode is None else self.decode(value)

    def set(self, key: str, value: Any) -> None:
        super().set(key, value if self.encode is None else self.encode(value))


class KeyMaker:
    """Makes text keys of objects."""

    def key(self, *items: Any) -> str:
        """Return the key of *items*."""
        return "".join(map(self._key, items))

    def _key(self, obj: Any) -> str:
        raise NotImplementedError


class StringKeyMaker(KeyMaker):
    """Makes keys by `str`."""

    def _key(self, obj: Any) -> str:
        return str(obj)


class ObjectKeyMaker(KeyMaker):
    """Makes keys of nested objects by their content."""

    def _key(self, obj: Any) -> str:
        return pickle.dumps(obj).hex()


class Memoiser:
    """Remembers the results of calls by their arguments."""

    def __init__(
        self, cache: Cache | None = None, key_maker: KeyMaker | None = None, return_copies: bool = True
    ) -> None:
        self.cache = MemoryCache() if cache is None else cache
        self.key_maker = ObjectKeyMaker() if key_maker is None else key_maker
        self.return_copies = return_copies

    def call(self, function: Callable[..., Any], args: tuple[Any, ...] = (), kw: dict[str, Any] | None = None) -> Any:
        """Return the result of *function*, which is called unless the result is remembered."""
        import copy

        bound = inspect.signature(function).bind(*args, **(kw or {}))
        key = self.key_maker.key(f"{function.__module__}.{function.__qualname__}", dict(bound.arguments))
        try:
            value = self.cache.get(key)
        except KeyError:
            value = function(*args, **(kw or {}))
            self.cache.set(key, value)
        return copy.deepcopy(value) if self.return_copies else value


def memoise_decorator(memoiser: Memoiser) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for functions whose results *memoiser* remembers."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Any:
            return memoiser.call(function, arguments, keywords)

        return call

    return decorate


#: The memoiser of `memoise`.
memoiser = Memoiser()

#: Decorates a function whose results are remembered as long as the process runs.
memoise = memoise_decorator(memoiser)
