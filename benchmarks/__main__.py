"""Measure the console on a private engine: `python -m benchmarks`."""

import argparse
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.figures import Figure, table
from benchmarks.imports import imports_of_start, imports_table
from benchmarks.measures import QUICK, Effort, MeasureFailed, measure_stack, version_figure
from benchmarks.stack import measured_engine, quiet_services, running_stack
from tests.engine.private_engine import CommandFailed, EngineUnavailable


def main() -> int:
    """Measure and print; returns 0 whatever the figures are."""
    arguments = _parser().parse_args()
    if arguments.imports:
        print(imports_table(imports_of_start()))
        return 0
    try:
        return _measure(arguments)
    except (EngineUnavailable, CommandFailed, MeasureFailed) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures the console in a terminal of 200x50 on an engine of its own. With "
        "more services than fit on the screen, the table counts as full when the header says "
        "that all of them run and every visible row shows its state.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--services",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[12, 100],
        metavar="N,N",
        help="sizes of the measured stacks (default: 12,100)",
    )
    parser.add_argument("--quick", action="store_true", help="measure less often, and less exactly")
    parser.add_argument(
        "--imports", action="store_true", help="only show what the console's start imports"
    )
    return parser


def _measure(arguments: argparse.Namespace) -> int:
    effort = QUICK if arguments.quick else Effort()
    machine = _machine()
    print(", ".join(f"{name} {value}" for name, value in machine.items()), flush=True)
    program = [version_figure()]
    _print("the program", program)
    stacks: list[dict[str, object]] = []
    with measured_engine() as engine:
        for services in arguments.services:
            with running_stack(engine, lambda pipes: quiet_services(services, pipes)) as stack:  # noqa: B023  used at once
                figures = measure_stack(stack, services, effort)
            _print(f"{services} services", figures)
            stacks.append({"services": services, "figures": [item.as_json() for item in figures]})
    if arguments.json is not None:
        result = {
            "machine": machine,
            "quick": arguments.quick,
            "program": [item.as_json() for item in program],
            "stacks": stacks,
        }
        arguments.json.write_text(f"{json.dumps(result, indent=2)}\n")
    return 0


def _print(title: str, figures: list[Figure]) -> None:
    print(f"\n{table(title, figures)}", flush=True)


def _machine() -> dict[str, object]:
    return {
        "pixel-tui": version("pixel-tui"),
        "Textual": version("textual"),
        "Python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    sys.exit(main())
