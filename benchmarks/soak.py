"""A long run under load: `python -m benchmarks.soak --minutes 30`.

Containers come and go, logs flow, the terminal is resized and keys are pressed at random,
all by a seed. A resource counts as growing only where both looks say so: the trend of all
samples after the warm-up (Theil-Sen), and the difference between two calm moments, one
after the warm-up and one at the end, in which the console was brought to the same place.
"""

import argparse
import itertools
import json
import random
import re
import statistics
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from benchmarks.census import Census, Held, differences
from benchmarks.churn import ESCAPE, SIZES, Churn, random_keys
from benchmarks.probed import CENSUS, FROZEN, WISH
from benchmarks.stack import TALKER, Stack, measured_engine, quiet_services, running_stack
from benchmarks.terminal import COLUMNS, ROWS, Terminal
from pixel_tui.console.log_file import NAME as LOG_NAME
from tests.engine.private_engine import CommandFailed, Engine, EngineUnavailable

SAMPLE_SECONDS: Final = 5.0
KEY_SECONDS: Final = 0.25
RESIZE_SECONDS: Final = 9.0
CHURN_SECONDS: Final = 2.0
CALM_SECONDS: Final = 5.0
LOG_LINES: Final = 300
FILLING_LINES: Final = 10_000
FILLING_SECONDS: Final = 12.0
"""More lines than a log's ring holds: what is bounded is full before anything is measured."""
WARM_UP_SHARE: Final = 0.35
MEMORY_PER_HOUR: Final = 6.0
"""MiB; what a slope over hours may come to."""
MEMORY_NOISE: Final = 6.0
"""MiB; by so much two moments of one healthy run differ."""
COUNT_NOISE: Final = {"fds": 4, "threads": 4, "tasks": 4}
_TO_THE_TALKER: Final = (
    *("2", "fn\r"),  # the log of the table's row
    "/\r" + 8 * "\x7f" + "G",  # nothing is searched, nothing filtered; its end
    *("1", f"/{TALKER}\r", "/", ESCAPE),  # that row
)
_BAD_WORDS: Final = ("Traceback (most recent call last)", " CRITICAL ", "Exception ignored")
_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*\x07)")
MIB: Final = 1024 * 1024
LEAVING_SECONDS: Final = 90.0
"""A job that is verified when the console is told to end is seen to its end: a minute."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the console holds at one moment."""

    at: float
    memory: float
    fds: int
    threads: int
    tasks: int
    blocks: int


@dataclass
class Run:
    """What a soak came to."""

    seconds: float
    samples: list[Sample] = field(default_factory=list)
    calm: list[Sample] = field(default_factory=list)
    """After the warm-up, and at the end."""
    censuses: list[Census] = field(default_factory=list)
    """Of the same moments, if any were wished for."""
    keys: int = 0
    commands: int = 0
    resizes: int = 0
    output: int = 0
    exit_code: int | None = None
    faults: list[str] = field(default_factory=list)
    """What else went wrong, in words."""

    @property
    def measured(self) -> list[Sample]:
        """The samples between the two calm moments."""
        return [item for item in self.samples if self.calm and item.at > self.calm[0].at]

    def verdicts(self) -> list["Verdict"]:
        """What grew and what did not."""
        if len(self.calm) < 2:
            return []
        hours = (self.calm[1].at - self.calm[0].at) / 3600
        bounds = {"memory": MEMORY_NOISE + MEMORY_PER_HOUR * hours, **COUNT_NOISE}
        return [self._verdict(name, bound, hours) for name, bound in bounds.items()]

    def _verdict(self, name: str, bound: float, hours: float) -> "Verdict":
        points = [(item.at / 3600, float(getattr(item, name))) for item in self.measured]
        first, last = (float(getattr(item, name)) for item in self.calm)
        return Verdict(name, first, last, slope(points) * hours, bound)

    @property
    def passed(self) -> bool:
        """Whether the console stood it."""
        verdicts = self.verdicts()
        return bool(verdicts) and not self.faults and not any(item.grew for item in verdicts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one resource grew."""

    name: str
    first: float
    """At the first calm moment."""
    last: float
    """At the second."""
    trend: float
    """How much all samples in between rise, by their slope."""
    bound: float

    @property
    def grew(self) -> bool:
        """Whether both looks say so."""
        return self.trend > self.bound and self.last - self.first > self.bound


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The median slope of all pairs of points; 0 of fewer than two."""
    slopes = [
        (y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in itertools.combinations(points, 2) if x2 > x1
    ]
    return statistics.median(slopes) if slopes else 0.0


class Soak:
    """One run on a stack.

    Args:
        stack: A running stack of at least six services.
        seconds: How long.
        seed: Of everything that happens at random.
        census: Whether the console's objects are counted in the calm moments.
    """

    def __init__(self, stack: Stack, seconds: float, seed: int, *, census: bool = False) -> None:
        self._stack = stack
        self._census = census
        self._chance = random.Random(seed)
        self._probe = stack.home / "probe.json"
        self._churn = Churn(stack, self._chance)
        self._run = Run(seconds)
        self._began = time.monotonic()
        self._last: deque[str] = deque(maxlen=30)

    def run(self) -> Run:
        """Do it."""
        self._stack.home.mkdir(exist_ok=True)
        argv = [sys.executable, "-m", "benchmarks.probed", str(self._probe)]
        argv += ["--directory", str(self._stack.project.directory), *self._stack.arguments]
        root = Path(__file__).resolve().parents[1]
        terminal = Terminal(argv, env=self._stack.env, cwd=root)
        try:
            self._read(terminal, 4)
            self._calm_down(terminal)
            for share in (WARM_UP_SHARE, 1 - WARM_UP_SHARE):
                with self._stack.talking(LOG_LINES):
                    self._stir(terminal, self._run.seconds * share)
                self._calm_down(terminal)
                self._run.calm.append(self._sample(terminal))
                self._take_census(terminal)
        except EOFError as ended:
            self._run.faults.append(f"{ended}, after {list(self._last)}")
        finally:
            self._churn.close()
            self._run.exit_code = terminal.close(LEAVING_SECONDS)
        self._run.commands = self._churn.count
        self._look_for_faults(terminal)
        return self._run

    def _stir(self, terminal: Terminal, seconds: float) -> None:
        """Let things happen for so long."""
        now = time.monotonic()
        end = now + seconds
        key_at = resize_at = churn_at = sample_at = now
        while now < end:
            if now >= key_at:
                self._press(terminal)
                key_at = now + self._chance.uniform(0, 2 * KEY_SECONDS)
            if now >= resize_at:
                size = self._chance.choice(SIZES)
                terminal.resize(*size)
                self._last.append(f"resize to {size[0]}x{size[1]}")
                self._run.resizes += 1
                resize_at = now + self._chance.uniform(0, 2 * RESIZE_SECONDS)
            if now >= churn_at:
                self._churn.step()
                churn_at = now + self._chance.uniform(0, 2 * CHURN_SECONDS)
            if now >= sample_at:
                self._run.samples.append(self._sample(terminal))
                sample_at = now + SAMPLE_SECONDS
            self._read(terminal, 0.05)
            if self._probe.with_suffix(FROZEN).exists():
                raise EOFError(f"the program stands still: {self._stacks}")
            now = time.monotonic()

    @property
    def _stacks(self) -> str:
        return self._probe.with_suffix(FROZEN).read_text()

    def _press(self, terminal: Terminal) -> None:
        keys = random_keys(self._chance)
        self._last.append(keys)
        # An escape and the next key would be read as one key with Alt.
        for part in keys.replace(ESCAPE + "[", "\0").split(ESCAPE):
            if part:
                terminal.press(part.replace("\0", ESCAPE + "["))
                self._run.keys += len(part)
        if ESCAPE in keys.replace(ESCAPE + "[", ""):
            self._read(terminal, 0.15)
            terminal.press(ESCAPE)
            self._run.keys += 1
            self._read(terminal, 0.15)

    def _calm_down(self, terminal: Terminal) -> None:
        """Bring console and stack to the same place each time, with a log's ring that is full."""
        terminal.resize(COLUMNS, ROWS)
        for _ in range(6):
            self._read(terminal, 0.3)
            terminal.press(ESCAPE)
        for keys in _TO_THE_TALKER:
            self._read(terminal, 0.5)
            terminal.press(keys)
        self._settle(terminal)
        with self._stack.talking(FILLING_LINES):
            self._read(terminal, FILLING_SECONDS)
        self._read(terminal, CALM_SECONDS)

    def _take_census(self, terminal: Terminal) -> None:
        if not self._census:
            return
        wish = self._probe.with_suffix(WISH)
        wish.touch()
        while wish.exists():
            self._read(terminal, 0.2)
        found = json.loads(self._probe.with_suffix(CENSUS).read_text())
        objects = {name: Held(**held) for name, held in found.pop("objects").items()}
        self._run.censuses.append(Census(objects, **found))

    def _settle(self, terminal: Terminal) -> None:
        while self._churn.busy:
            self._read(terminal, 0.2)
        self._churn.settle()

    def _read(self, terminal: Terminal, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            chunk = terminal.read(left)
            self._run.output += len(chunk.data) if chunk is not None else 0

    def _sample(self, terminal: Terminal) -> Sample:
        process = psutil.Process(terminal.pid)
        try:
            inside = json.loads(self._probe.read_text())
        except FileNotFoundError:
            inside = {"tasks": 0, "blocks": 0}
        with process.oneshot():
            return Sample(
                at=time.monotonic() - self._began,
                memory=process.memory_info().rss / MIB,
                fds=process.num_fds(),
                threads=process.num_threads(),
                tasks=inside["tasks"],
                blocks=inside["blocks"],
            )

    def _look_for_faults(self, terminal: Terminal) -> None:
        run = self._run
        said = _SEQUENCE.sub("", terminal.tail.decode(errors="replace"))
        if run.exit_code != 0:
            run.faults.append(f"it ended with {run.exit_code}; it said last: {said[-300:]!r}")
        texts = {"the terminal": said}
        folder = self._stack.home / "state" / "pixel-tui"
        logs = sorted(folder.glob(f"{LOG_NAME}*"))
        if not logs:
            run.faults.append(f"there is no log file in {folder}")
        texts |= {path.name: path.read_text(errors="replace") for path in logs}
        for place, text in texts.items():
            if found := [text.index(word) for word in _BAD_WORDS if word in text]:
                at = min(found)
                run.faults.append(f"{place} says: {text[max(at - 200, 0) : at + 4000]}")


def soak(engine: Engine, seconds: float, seed: int, *, census: bool = False) -> Run:
    """Run a soak on an engine with the base image."""
    with running_stack(engine, lambda pipes: quiet_services(6, pipes)) as stack:
        return Soak(stack, seconds, seed, census=census).run()


def report(run: Run) -> str:
    """The run as lines of text."""
    lines = [
        f"{'at s':>8} {'memory MiB':>11} {'fds':>5} {'threads':>8} {'tasks':>6} {'blocks':>10}"
    ]
    step = max(len(run.samples) // 40, 1)
    shown = [(item, "") for item in run.samples[::step]] + [(item, "calm") for item in run.calm]
    for item, note in sorted(shown, key=lambda pair: pair[0].at):
        lines.append(
            f"{item.at:8.0f} {item.memory:11.1f} {item.fds:5} {item.threads:8} {item.tasks:6} "
            f"{item.blocks:10,} {note}".rstrip()
        )
    lines.append(
        f"\n{run.keys} keys, {run.resizes} resizes, {run.commands} commands on the stack, "
        f"{run.output / MIB:.1f} MiB to the terminal\n"
    )
    lines.append(f"{'':<10} {'calm':>8} {'calm':>8} {'trend':>8} {'bound':>8}")
    lines += [
        f"{item.name:<10} {item.first:8.1f} {item.last:8.1f} {item.trend:+8.1f} {item.bound:8.1f}"
        f"  {'GREW' if item.grew else 'flat'}"
        for item in run.verdicts()
    ]
    if len(run.censuses) == 2:
        lines += ["", *differences(*run.censuses)]
    lines += [f"FAULT: {fault}" for fault in run.faults]
    lines.append("passed" if run.passed else "FAILED")
    return "\n".join(lines)


def main() -> int:
    """Run, print, and say by the exit code whether the console stood it."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description="Uses the console for a long time at random, and looks whether it grows.",
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--census", action="store_true", help="say which objects there are more of in the end"
    )
    arguments = parser.parse_args()
    try:
        with measured_engine() as engine:
            seconds = arguments.minutes * 60
            run = soak(engine, seconds, arguments.seed, census=arguments.census)
    except (EngineUnavailable, CommandFailed) as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    print(report(run))
    return 0 if run.passed else 1


if __name__ == "__main__":
    sys.exit(main())
