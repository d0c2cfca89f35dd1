"""How often our reading of a `.env` is compose's, and how long it takes.

`python -m benchmarks.environment --documents 10000` makes so many documents and so many values,
reads them, and has the real compose program read them too. No engine is needed. A file that
compose refuses takes a run of its own, so that 10,000 documents take a few minutes.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.figures import Figure, median, table
from pixel_tui.environment.checks.catalogue import load_catalogue
from pixel_tui.environment.checks.checked_file import check_input
from pixel_tui.environment.checks.file_facts import FileFacts
from pixel_tui.environment.checks.overview import Overview, key_row, overview
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import read_values
from pixel_tui.stack.compose.environment_uses import EnvFile, EnvironmentUses, KeyUse, KeyUseKind
from pixel_tui.text import SafeText
from tests.engine.compose_reading import ComposeReading, compose_reading
from tests.engine.env_agreement import (
    Agreement,
    compare_documents,
    compare_project_files,
    compare_values,
)
from tests.engine.env_documents import PROCESS, Documents

LINES: Final = 2000
LOADED_AIM: Final = 25.0
EDIT_AIM: Final = 5.0
CHECKED_AIM: Final = 50.0
ROUNDS: Final = 31
PROJECT_FILES: Final = 50
"""One document in so many is read as a project's own `.env` as well: each is a run of compose."""


def main() -> int:
    """Compare, measure and print; returns 1 where a reading is another than compose's."""
    arguments = _parser().parse_args()
    figures = timings()
    print(table(f"a file of {LINES} lines, processor time", figures), flush=True)
    with compose_reading(PROCESS) as compose:
        if compose is None:
            print("benchmarks: there is no compose program: scripts/setup dev brings one")
            return 1
        agreements = _compared(compose, arguments.documents, arguments.seed)
    if arguments.json is not None:
        result = {
            "figures": [item.as_json() for item in figures],
            "agreement": {name: _counts(item) for name, item in agreements.items()},
        }
        arguments.json.write_text(f"{json.dumps(result, indent=2)}\n")
    return 1 if any(item.wrong for item in agreements.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.environment", description="Reads generated environment files."
    )
    parser.add_argument("--documents", type=int, default=1000, metavar="N", help="default: 1000")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what is generated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _compared(compose: ComposeReading, count: int, seed: int) -> dict[str, Agreement]:
    made = Documents(seed)
    documents = [made.document() for _ in range(count)]
    values = [made.value() for _ in range(count)]
    agreements = {
        "documents as env_file": compare_documents(compose, documents, PROCESS),
        "documents as .env": compare_project_files(compose, documents[::PROJECT_FILES], PROCESS),
        "values written and read": compare_values(compose, values),
    }
    print(f"\ncompared with compose (seed {seed})")
    for name, agreement in agreements.items():
        print(f"  {name:<26}" + ", ".join(f"{text} {n}" for text, n in _counts(agreement).items()))
        for data in (*agreement.missed, *agreement.invented, *agreement.different)[:5]:
            print(f"    {data!r}")
    return agreements


def _counts(agreement: Agreement) -> dict[str, int]:
    return {
        "read alike": agreement.agreed,
        "refused by both": agreement.refused,
        "read differently": len(agreement.different),
        "passed by us only": len(agreement.missed),
        "passed by compose only": len(agreement.invented),
    }


def timings() -> list[Figure]:
    """How long a large file takes, whatever else the machine does."""
    data = large_file()
    document = DotenvDocument.parse(data)
    entry = next(item for item in document.entries[LINES // 4 :] if not item.commented)
    return [
        Figure("take apart and read", _median(lambda: _load(data)), "ms", LOADED_AIM),
        Figure("take apart", _median(lambda: DotenvDocument.parse(data)), "ms"),
        Figure("edit a value", _median(lambda: document.with_value(entry, "x $y")), "ms", EDIT_AIM),
        Figure(
            "edit a value and read",
            _median(lambda: read_values(document.with_value(entry, "x $y"), {})),
            "ms",
        ),
        Figure("add an entry", _median(lambda: document.with_added("NEW", "x")), "ms"),
        Figure("load and check", _median(lambda: _checked(data)), "ms", CHECKED_AIM),
        Figure("check one key again", _median(lambda: _one_key(document, entry.key)), "ms"),
    ]


def large_file() -> bytes:
    """A file as people have them, of `LINES` lines."""
    block = [
        "# ============", "# Section {0}", "# ============", "", "#COMMENTED_{0}=value",
        'QUOTED_{0}="value {0} ${{PLAIN_A_{0}:-x}}" # note', "SINGLE_{0}='with a $ in it'",
        "PLAIN_A_{0}=sk-abcdefghij{0}", "PLAIN_B_{0}=https://example.org/{0}", "PLAIN_C_{0}=true",
    ]  # fmt: skip
    lines = [line.format(number) for number in range(LINES // len(block)) for line in block]
    return "\n".join([*lines, ""]).encode()


def _load(data: bytes) -> None:
    read_values(DotenvDocument.parse(data), {})


def _project() -> EnvironmentUses:
    """Eight services, of which two read the file whole and all name keys of it."""
    services = tuple(SafeText(f"service{number}") for number in range(8))
    named = {
        f"PLAIN_A_{number}": (
            KeyUse(
                services[number % 8], KeyUseKind.INTERPOLATION, SafeText("environment.X"), bare=True
            ),
        )
        for number in range(LINES // 10)
    }
    whole = tuple(
        EnvFile(KeyUse(name, KeyUseKind.ENV_FILE), "/project/.env") for name in services[:2]
    )
    return EnvironmentUses(services, frozenset(services), named, whole)


_AROUND: Final = (load_catalogue(), _project(), FileFacts(path="/project/.env", mode=0o644))


def _checked(data: bytes) -> Overview:
    """Everything that opening a file takes, with an example as large as the file."""
    document = DotenvDocument.parse(data)
    return overview(check_input(document, read_values(document, {}), document, *_AROUND))


def _one_key(document: DotenvDocument, key: str) -> None:
    file = check_input(document, read_values(document, {}), document, *_AROUND, keys=(key,))
    key_row(key, file)


def _median(work: Callable[[], object]) -> float | None:
    taken = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        work()
        taken.append((time.thread_time() - began) * 1000)
    return median(taken)


if __name__ == "__main__":
    sys.exit(main())
