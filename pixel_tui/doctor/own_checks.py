"""Checks pixel-tui's settings file and its state folder."""

import tempfile
from pathlib import Path

from pixel_tui.doctor.report import DoctorCheck, failed, failed_with, ok, warning
from pixel_tui.errors import ConsoleError
from pixel_tui.settings import ENVIRONMENT_CONFIG, Settings


def check_settings(settings: Settings | ConsoleError, path: Path, *, named: bool) -> DoctorCheck:
    """Check whether the settings are valid.

    Args:
        settings: The settings, or why they can't be read.
        path: The path of the settings file.
        named: Whether the user set that path.
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
    """Try to write to a folder, or to the parent in which it would be created; leaves no file."""
    try:
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"pixel-tui")
            file.flush()
    except OSError as error:
        return error
    return None


def check_state(folder: Path, error: OSError | None) -> DoctorCheck:
    """Check whether logs, the audit trail and job output can be written."""
    name = "state"
    if error is None:
        return ok(name, f"{folder} is writable.")
    return failed(
        name,
        f"{folder} can't be written: {error.strerror or error}. Without it there is no log, no "
        "audit trail and no change to the stack.",
        "Check its owner (did you run pixel-tui with sudo?), its mode and the free space.",
    )
