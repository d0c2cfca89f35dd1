"""What is this program's own: its settings file and its state folder."""

import tempfile
from pathlib import Path

from pixel_tui.doctor.report import DoctorCheck, failed, failed_with, ok, warning
from pixel_tui.errors import ConsoleError
from pixel_tui.settings import ENVIRONMENT_CONFIG, Settings


def check_settings(settings: Settings | ConsoleError, path: Path, *, named: bool) -> DoctorCheck:
    """Can the settings be used?

    Args:
        settings: What was read, or why not.
        path: Where the file was looked for.
        named: Whether the user has named that file.
    """
    name = "settings"
    if isinstance(settings, ConsoleError):
        return failed_with(name, settings)
    mode = "read-only" if settings.read_only else "changes allowed"
    if path.is_file():
        return ok(name, f"{path} is valid ({mode}).")
    if named:
        return warning(
            name,
            f"{ENVIRONMENT_CONFIG} is set to {path}, which does not exist: defaults are used.",
            "Create the file or unset the variable.",
        )
    return ok(name, f"No {path}: using the defaults ({mode}).")


def try_folder(folder: Path) -> OSError | None:
    """Write in a folder, or where it would be made; nothing stays behind."""
    try:
        there = next(place for place in (folder, *folder.parents) if place.exists())
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"pixel-tui")
            file.flush()
    except OSError as error:
        return error
    return None


def check_state(folder: Path, error: OSError | None) -> DoctorCheck:
    """Can logs, the audit trail and job output be written?"""
    name = "state"
    if error is None:
        return ok(name, f"{folder} is writable.")
    return failed(
        name,
        f"{folder} can't be written: {error.strerror or error}. Without it there is no log, no "
        "audit trail and no change to the stack.",
        "Check its owner (did you run pixel-tui with sudo?), its mode and the free space.",
    )
