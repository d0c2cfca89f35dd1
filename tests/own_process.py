"""What a program that a test calls changes for the whole process, and so for the tests after it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def restored_process() -> Iterator[None]:
    """Restore the umask and the signal handlers.

    With the umask of a program that writes secrets, the files of later tests are closed to other
    users: to Postgres in an image, and to the operator of a backup.
    """
    mask = os.umask(0o022)
    os.umask(mask)
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        os.umask(mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
