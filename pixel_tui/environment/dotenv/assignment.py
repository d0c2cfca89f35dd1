"""Sets or removes one key of an environment file. Pure."""

from collections.abc import Mapping
from typing import Final

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import NO_VALUES, read_values
from pixel_tui.errors import UsageError

CHECK_FIRST: Final = "`pixel-tui env check` says where, and what to do."


def with_value(
    data: bytes,
    key: str,
    value: str,
    environment: Mapping[str, str],
    earlier: Mapping[str, str] = NO_VALUES,
) -> bytes:
    """Return the file with the key set to a value: its last entry, or a new one.

    The new entry of a key that is commented out goes below the comment.

    Args:
        data: The file.
        key: The key.
        value: The value that compose must read.
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
        raise UsageError("Compose can't read this key's line.", on=key, hint=CHECK_FIRST)
    else:
        commented = [item for item in document.entries if item.key == key]
        after = document.with_added(key, value, after=commented[-1] if commented else None)
    _require_readable(after)
    reading = read_values(after, environment, earlier).get(key)
    if reading is None or reading.value != value:
        raise UsageError("Compose would read another value.", on=key, hint=CHECK_FIRST)
    return after.data


def without_key(data: bytes, key: str) -> bytes:
    """Return the file without any entry of a key: an earlier one would count otherwise.

    Args:
        data: The file.
        key: The key.

    Raises:
        UsageError: Compose would refuse the file.
    """
    document = DotenvDocument.parse(data)
    for _ in document.entries:
        if (entry := document.entry(key)) is not None:
            document = document.without(entry)
    if document.data != data:
        _require_readable(document)
    return document.data


def _require_readable(document: DotenvDocument) -> None:
    if document.faults:
        fault = document.faults[0]
        raise UsageError(
            f"Compose refuses the file for its line {fault.line}: {fault.message}",
            hint=CHECK_FIRST,
        )
