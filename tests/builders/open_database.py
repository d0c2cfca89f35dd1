"""A database opened by another process, and values for its tables."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
# A client that has the database open, and its wal with it.
IDLE = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as connection:
    connection.execute("DELETE FROM pixels")
connection.execute("SELECT count(*) FROM pixels").fetchone()
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def opened_by_another(database: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has emptied a database and keeps it open without a lock."""
    with subprocess.Popen(
        [sys.executable, "-c", IDLE, str(database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        other.stdout.readline()
        yield other


@contextmanager
def held_open(file: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has a file open without a lock."""
    with file.open("rb") as opened, subprocess.Popen(["sleep", "1000"], stdin=opened) as other:
        try:
            yield other
        finally:
            other.kill()
