"""Programs that get a signal while they are still importing."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from tests.patience import PATIENCE

ROOT: Final = Path(__file__).parents[2]
MODULES: Final = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
    for path in (ROOT / "pixel_tui").rglob("*.py")
    if '__name__ == "__main__"' in path.read_text()
)
"""All modules that are run as programs."""
APPLYING: Final = "pixel_tui.environment"
"""The one that must not be ended half way: it remembers that it was asked to."""
PROBE: Final = """
import os, signal, sys

def interrupt(event, arguments):
    if event == "import" and arguments[0] == os.environ["INTERRUPTED_IMPORT"]:
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(interrupt)
"""
"""Interrupts a program when it imports a module; run by Python before the program."""


def command() -> list[str]:
    """The `pixel-tui` command, started as an installed script does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    module, _, function = project["project"]["scripts"]["pixel-tui"].partition(":")
    code = f"import sys; from {module} import {function}; sys.exit({function}())"
    return ["-c", code]


def run(folder: Path, words: list[str], at: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a program that is interrupted when it imports a module."""
    (folder / "sitecustomize.py").write_text(PROBE)
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
            "INTERRUPTED_IMPORT": at,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("at", ["argparse", "pixel_tui.errors"])
@pytest.mark.parametrize(
    "words",
    [command(), *(["-P", "-m", module] for module in MODULES if module != APPLYING)],
    ids=lambda words: words[-1].split(";")[0],
)
def test_ctrl_c_ends_a_program_that_imports_without_a_word(
    words: list[str], at: str, tmp_path: Path
) -> None:
    done = run(tmp_path, words, at)
    assert (done.returncode, done.stdout) == (-signal.SIGINT, "")


@pytest.mark.parametrize("at", ["argparse", "pixel_tui.errors"])
def test_ctrl_c_does_not_end_the_program_that_applies(at: str, tmp_path: Path) -> None:
    options = ["--directory", str(tmp_path), "--project", "p"]
    words = ["-P", "-m", APPLYING, "roll-back", *options]
    undisturbed = run(tmp_path, words)
    assert undisturbed.stdout
    done = run(tmp_path, words, at)
    assert (done.returncode, done.stdout) == (undisturbed.returncode, undisturbed.stdout)


HELD = """
import os, signal
from pixel_tui.early_signals import hold_end_signals
hold_end_signals()
from pixel_tui.environment.__main__ import _CancelRequest
for number in (signal.SIGHUP, signal.{name}):
    os.kill(os.getpid(), number)
print(_CancelRequest().requested)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_early_signal_cancels_an_apply_before_its_first_step(name: str, tmp_path: Path) -> None:
    done = run(tmp_path, ["-c", HELD.format(name=name)])
    assert (done.returncode, done.stdout) == (0, "True\n")


def test_importing_the_programs_changes_no_signals(tmp_path: Path) -> None:
    imports = "".join(f"import {module}\n" for module in MODULES if module != "pixel_tui")
    code = (
        "import signal, pixel_tui.__main__\n"
        "import pixel_tui.backups.__main__, pixel_tui.environment.__main__\n"
        f"import pixel_tui.ledger.__main__\n{imports}"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
        "assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())\n"
    )
    done = run(tmp_path, ["-c", code])
    assert (done.returncode, done.stdout) == (0, "")


def test_an_ignored_interrupt_stays_ignored(tmp_path: Path) -> None:
    code = (
        "import os, signal\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from pixel_tui.early_signals import end_on_interrupt\n"
        "end_on_interrupt()\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
    )
    done = run(tmp_path, ["-c", code])
    assert (done.returncode, done.stdout) == (0, "")
