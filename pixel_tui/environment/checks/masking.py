"""Makes the secrets of environment files known to the redactor."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from pixel_tui.environment.checks.catalogue import load_catalogue
from pixel_tui.environment.checks.checked_file import is_secret_entry
from pixel_tui.environment.checks.layers import read_layers, set_values
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.storage.file_state import MAX_FILE_BYTES
from pixel_tui.files import read_regular
from pixel_tui.redaction.redactor import is_secret_value, mask_value, remember_secret, spare_names
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.project_files import find_project_files

log = logging.getLogger(__name__)


def learn_secrets(
    command: ComposeCommand, environment: Mapping[str, str], *, warn: bool = True
) -> None:
    """Mask all secrets that compose, its error messages or the containers may show.

    These are the secrets in the environment files of the project and of its services, and in this
    process's environment. Every command that shows text from outside calls this first.

    Args:
        command: The compose command of the project.
        environment: The environment variables of compose.
        warn: Whether to warn of unreadable files.
    """
    found = find_project_files(command, environment)
    for name, value in environment.items():
        if is_secret_value(name, value):
            remember_secret(value)
    paths = (*command.env_paths, *map(str, (*found.environment, *found.services)))
    remember_secrets(dict.fromkeys(paths), environment, warn=warn)


def remember_secrets(
    paths: Iterable[str | Path], environment: Mapping[str, str], *, warn: bool = True
) -> None:
    """Mask the secrets of these files from now on, wherever they appear.

    The files' folders and user names in them (`DB_USER`) are not masked: too many messages contain
    them. Unreadable files are skipped. Blocks for some milliseconds.

    Args:
        paths: The files, in the order in which compose reads them.
        environment: The environment variables of compose.
        warn: Whether to warn of unreadable files.
    """
    paths = tuple(paths)
    spare_names(str(Path(path).parent) for path in paths)
    found = (_document(path, warn=warn) for path in paths)
    documents = [document for document in found if document is not None]
    catalogue = load_catalogue()
    for document, readings in zip(documents, read_layers(documents, environment), strict=True):
        values = set_values(readings)
        for entry in document.entries:
            value = values.get(entry.key)
            if value and not entry.commented:
                is_secret_entry(entry, value, catalogue)
                mask_value(entry.key, value)  # it may be a URL with a password


def _document(path: str | Path, *, warn: bool) -> DotenvDocument | None:
    try:
        return DotenvDocument.parse(read_regular(Path(path), MAX_FILE_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if warn:
            reason = error.strerror or error
            log.warning("the secrets of %s can't be read, and are not masked: %s", path, reason)
        return None
