"""States and exit codes in words."""

import signal
from typing import Final

from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.text import SafeText, plain

_DOCKER_RUN_CODES: Final = {
    125: "Docker could not run it",
    126: "command not executable",
    127: "command not found",
}


def state_words(state: ContainerState) -> SafeText:
    """Return a container's state as a predicate: `is running`, `has exited`."""
    if state is ContainerState.EXITED:
        return SafeText("has exited")
    return SafeText(f"is {state.value}")


def down_words(container: Container) -> SafeText:
    """Return a container's state with its exit code: `has exited with exit code 1`."""
    state = state_words(container.state)
    if container.exit_code is None:
        return state
    code = exit_words(container.exit_code, oom_killed=container.oom_killed)
    return plain(
        f"{state} with {code}" if container.state is ContainerState.EXITED else f"{state} ({code})"
    )


def exit_words(code: int, *, oom_killed: bool = False) -> SafeText:
    """Return an exit code for a sentence: `exit code 0`, `exit code 137 (SIGKILL)`."""
    return SafeText(f"exit code {code_words(code, oom_killed=oom_killed)}")


def code_words(code: int, *, oom_killed: bool = False) -> SafeText:
    """Return an exit code for a column with a heading: `0`, `1`, `137 (out of memory)`.

    Codes above 128 (shell convention) and below 0 (Python's) name the signal that ended the
    process; 125 to 127 are those of `docker run`.
    """
    number = -code if code < 0 else code - 128
    meaning = "out of memory" if oom_killed else _DOCKER_RUN_CODES.get(code, "")
    if not meaning and 0 < number <= 64:
        try:
            meaning = signal.Signals(number).name
        except ValueError:
            meaning = f"signal {number}"
    return SafeText(f"{code} ({meaning})" if meaning else str(code))
