"""Atomically exchanges two files, so that the replaced one is still there afterwards."""

import ctypes
import errno
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

_AT_FDCWD: Final = -100
"""`AT_FDCWD`."""
_EXCHANGE: Final = 2
"""`RENAME_EXCHANGE`."""
_UNSUPPORTED: Final = {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP}


class NoExchange(Exception):
    """The kernel or the file system does not support the exchange."""


def exchange(one: Path, other: Path) -> None:
    """Exchange two files atomically.

    Raises:
        NoExchange: It is not supported here.
        OSError: One of them is missing, or permission is denied.
    """
    call = _call()
    if call is None:
        raise NoExchange
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        raise NoExchange
    raise OSError(number, os.strerror(number), str(other))


@cache
def _call() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """Return `renameat2`, or None if the C library does not have it."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    call.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    call.restype = ctypes.c_int

    def renameat2(old: int, one: bytes, new: int, other: bytes, flags: int) -> int:
        return int(call(old, one, new, other, flags))

    return renameat2
