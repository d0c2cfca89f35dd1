"""Sets or removes one key of an environment file. Pure."""

from collections.abc import Mapping

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import NO_VALUES, read_values
from pixel_tui.errors import UsageError
from pixel_tui.stack.model.typed_commands import TypedCommands


def with_value(
    data: bytes,
    key: str,
    value: str,
    typed: TypedCommands,
    environment: Mapping[str, str],
    earlier: Mapping[str, str] = NO_VALUES,
) -> bytes:
    """Return the file with the key set to a value: its last entry, or a new one.

    The new entry of a key that is commented out goes below the comment.

    Args:
        data: The file.
        key: The key.
        value: The value that compose must read.
        typed: The commands to type in a shell.
        environment: The environment variables of compose.
        earlier: The values of the environment files that compose reads before this one.

    Raises:
        Unwritable: The key is invalid, or the value can't be written in a `.env`.
        UsageError: Compose would refuse the file, or read another value.
    """
    document = DotenvDocument.parse(data)
    entry = document.entry(key)
    if entry is not None and not entry.broken:
        after = document.with_value(entry, value)
    elif entry is not None:
        raise UsageError("Compose can't read this key's line.", on=key, hint=_check_hint(typed))
    else:
        commented = [item for item in document.entries if item.key == key]
        after = document.with_added(key, value, after=commented[-1] if commented else None)
    _require_readable(after, typed)
    reading = read_values(after, environment, earlier).get(key)
    if reading is None or reading.value != value:
        raise UsageError("Compose would read another value.", on=key, hint=_check_hint(typed))
    return after.data


def without_key(data: bytes, key: str, typed: TypedCommands) -> bytes:
    """Return the file without any entry of a key: an earlier one would count otherwise.

    Args:
        data: The file.
        key: The key.
        typed: The commands to type in a shell.

    Raises:
        UsageError: Compose would refuse the file.
    """
    document = DotenvDocument.parse(data)
    for _ in document.entries:
        if (entry := document.entry(key)) is not None:
            document = document.without(entry)
    if document.data != data:
        _require_readable(document, typed)
    return document.data


def _require_readable(document: DotenvDocument, typed: TypedCommands) -> None:
    if document.faults:
        fault = document.faults[0]
        raise UsageError(
            f"Compose refuses the file for its line {fault.line}: {fault.message}",
            hint=_check_hint(typed),
        )


def _check_hint(typed: TypedCommands) -> str:
    return f"`{typed.pixel_tui} env check` says where, and what to do."
