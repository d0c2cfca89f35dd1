"""Programs that hang, and checks that they have exited."""

from pathlib import Path

from tests.patience import PATIENCE

LONG = 4 * PATIENCE
"""How long the children would run, in seconds, if they are not killed."""


def has_exited(pid: int) -> bool:
    """Return whether a process has exited; zombies count as exited."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def script_with_child(folder: Path) -> str:
    """A script that starts a child and waits for it; the child's PID is in `pid`."""
    return f"sleep {LONG} & echo $! > {folder}/new; mv {folder}/new {folder}/pid; wait"
