"""The command line of whatever is measured on one stack, on an engine of its own."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.figures import Figure, table
from benchmarks.measures import MeasureFailed
from benchmarks.stack import Stack, measured_engine, running_stack
from tests.engine.private_engine import CommandFailed, EngineUnavailable

Services = Callable[[str], dict[str, dict[str, object]]]


def measure_one_stack(
    name: str,
    description: str,
    services: Services,
    measure: Callable[[Stack, int], Sequence[Figure]],
    *,
    rounds: int,
) -> int:
    """Measure and print; returns 0 whatever the figures are, 1 where they could not be had.

    Args:
        name: Of the module.
        description: For `--help`.
        services: Of the stack, as `running_stack` wants them.
        measure: Is given the stack and how often to measure.
        rounds: How often, where nothing else is asked for.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--rounds", type=int, default=rounds)
    arguments = parser.parse_args()
    try:
        with measured_engine() as engine, running_stack(engine, services) as stack:
            figures = measure(stack, arguments.rounds)
    except (EngineUnavailable, CommandFailed, MeasureFailed) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    print(f"\n{table(name.replace('_', ' '), figures)}", flush=True)
    if arguments.json is not None:
        found = {"figures": [item.as_json() for item in figures]}
        arguments.json.write_text(f"{json.dumps(found, indent=2)}\n")
    return 0
