"""What a backup of a database costs while it is written to: `python -m benchmarks.backups`.

The same database is copied by `sqlite3 .backup` and by the console's own worker, in turn,
while a writer in another process commits so many transactions a second and notes how long
each took. No engine is needed.
"""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, median, table

WRITES_A_SECOND: Final = 500
PATIENCE: Final = 120
"""Seconds that a copy may take."""
BARE_PATIENCE: Final = 20
"""Seconds for the bare copy under writes: it begins anew with each write, and may have no end."""

_WRITER: Final = """
import sqlite3, sys, time
path, rate, report = sys.argv[1], float(sys.argv[2]), sys.argv[3]
database = sqlite3.connect(path, timeout=60, isolation_level=None)
database.execute("PRAGMA synchronous = NORMAL")
worst, count, due, began = 0.0, 0, time.monotonic(), time.monotonic()
print("ready", flush=True)
import select
while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
    start = time.monotonic()
    database.execute("INSERT INTO pixels (colour) VALUES ('red')")
    worst = max(worst, time.monotonic() - start)
    count += 1
    due += 1 / rate
open(report, "w").write(f"{worst} {count / (time.monotonic() - began)}")
"""


def main() -> int:
    """Measure and print; returns 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backups", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--megabytes", type=int, default=200, help="size of the database")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    arguments = parser.parse_args()
    figures = measure(arguments.megabytes, arguments.rounds)
    print(table(f"backup of {arguments.megabytes} MB, {WRITES_A_SECOND} writes/s", figures))
    if arguments.json is not None:
        content = [figure.as_json() for figure in figures]
        arguments.json.write_text(f"{json.dumps(content, indent=2)}\n")
    return 0


def measure(megabytes: int, rounds: int) -> list[Figure]:
    """Copy a database both ways, in turn, so many times."""
    with tempfile.TemporaryDirectory(prefix="pixel-tui-bench-") as name:
        project = Path(name)
        source = project / "data/pixels.db"
        _fill(source, megabytes)
        (project / "docker-compose.yml").write_text("services: {}\n")
        target = f".backup {project}/bare.db"
        bare = ["sqlite3", str(source), target] if shutil.which("sqlite3") else None
        busy: float | None = None
        if bare:
            with _written_to(source):
                busy = _timed(bare, patience=BARE_PATIENCE)
        quiet: list[float] = []
        ours: list[float] = []
        stalls: list[float] = []
        calm: list[float] = []
        rates: list[float] = []
        for _ in range(rounds):
            if bare and (took := _timed(bare)) is not None:
                quiet.append(took)
            with _written_to(source) as report:
                ours.append(_timed(_worker(project)) or PATIENCE)
            stall, rate = _read(report)
            stalls.append(stall)
            rates.append(rate)
            with _written_to(source) as report:
                time.sleep(1)
            calm.append(_read(report)[0])
        base, own = median(quiet), median(ours)
        return [
            Figure(f"sqlite3 .backup, under writes ({BARE_PATIENCE} s given)", busy, "s"),
            Figure("sqlite3 .backup, nobody writing (median)", base, "s"),
            Figure("backup by the console, under writes (median)", own, "s"),
            Figure("times the bare copy", own / base if own and base else None, "x", 1.5),
            Figure("longest commit, nothing copied", max(calm) * 1000, "ms"),
            Figure("longest commit, backup by the console", max(stalls) * 1000, "ms", 100),
            Figure("writes a second meanwhile (median)", median(rates), "/s"),
        ]


def _fill(path: Path, megabytes: int) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE pixels (id INTEGER PRIMARY KEY, colour TEXT)")
        database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT, content BLOB)")
        database.executemany(
            "INSERT INTO events (kind, content) VALUES ('note', ?)",
            ((os.urandom(1000),) for _ in range(megabytes * 1000)),
        )


@contextmanager
def _written_to(path: Path) -> Iterator[Path]:
    report = path.with_suffix(".report")
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), str(WRITES_A_SECOND), str(report)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert writer.stdin is not None
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        time.sleep(0.2)
        yield report
    finally:
        writer.stdin.close()
        writer.wait()
        writer.stdout.close()


def _read(report: Path) -> tuple[float, float]:
    """The longest commit in seconds, and commits a second."""
    worst, rate = report.read_text().split()
    return float(worst), float(rate)


def _worker(project: Path) -> list[str]:
    # Nobody is asked but `true`: what is measured is the copy.
    engine = ["--docker", "true", "--compose", "true"]
    options = ["--directory", str(project), "--project", "bench", *engine]
    return [sys.executable, "-P", "-m", "pixel_tui.backups", "make", *options]


def _timed(argv: list[str], *, patience: float = PATIENCE) -> float | None:
    """Seconds that a program took; None where it did not end in time."""
    began = time.monotonic()
    try:
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, timeout=patience)
    except subprocess.TimeoutExpired:
        return None
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
