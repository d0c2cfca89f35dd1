"""Figures, the aims they are held against, and how both are printed."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure."""

    name: str
    value: float | None
    """None where it could not be measured."""
    unit: str
    aim: float | None = None
    """What it shall stay below; None where nothing was promised."""

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None where there is no aim or no figure."""
        return None if self.aim is None or self.value is None else self.value < self.aim

    def as_json(self) -> dict[str, object]:
        """The figure for a file."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "aim": self.aim,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class Aims:
    """What the console promises on a stack of some size; None where it promises nothing."""

    start: float | None = None
    idle_bytes: float | None = None
    idle_cpu: float | None = None
    engine_cpu: float | None = None
    memory: float | None = None
    key_p50: float | None = 8
    key_p95: float | None = 15
    flood_p95: float | None = 30
    slow_p50: float | None = 20
    slow_p95: float | None = 60


AIMS: Final[Mapping[int, Aims]] = {
    12: Aims(start=0.5, idle_bytes=300, idle_cpu=0.015, engine_cpu=0.01, memory=70),
    100: Aims(start=0.6, idle_bytes=1000, idle_cpu=0.04),
}
VERSION_AIM: Final = 0.1


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The value below which so many percent of the values lie; None of no values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


def median(values: Sequence[float]) -> float | None:
    """The middle value; None of no values."""
    return statistics.median(values) if values else None


def table(title: str, figures: Sequence[Figure]) -> str:
    """Figures as lines of text, each beside its aim."""
    lines = [title, "-" * len(title)]
    for figure in figures:
        value = "not measured" if figure.value is None else _shown(figure.value)
        aim = "" if figure.aim is None else f"aim < {figure.aim:g}"
        met = {None: "", True: "met", False: "MISSED"}[figure.met]
        lines.append(f"{figure.name:<44} {value:>12} {figure.unit:<13} {aim:<12} {met}".rstrip())
    return "\n".join(lines)


def _shown(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
