"""One key of an environment file set to a value. Pure."""

from collections.abc import Mapping
from typing import Final

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import NO_VALUES, read_values
from pixel_tui.errors import UsageError

MEND_FIRST: Final = "`pixel-tui env check` says where, and what to do."


def edited(
    data: bytes,
    key: str,
    value: str,
    environment: Mapping[str, str],
    earlier: Mapping[str, str] = NO_VALUES,
) -> bytes:
    """The file with the key's entry that counts set to this, or with a new entry.

    A key that is commented out gets its new entry behind that.

    Args:
        data: The file.
        key: Whose value it is.
        value: What compose is to read.
        environment: The variables that compose would see.
        earlier: What the environment files set that compose reads before this one.

    Raises:
        Unwritable: The key is none, or there is no way to write the value.
        UsageError: Compose would refuse the file, or read something else.
    """
    document = DotenvDocument.parse(data)
    entry = document.entry(key)
    if entry is not None and not entry.broken:
        after = document.with_value(entry, value)
    elif entry is not None:
        raise UsageError("Compose can't read this key's line.", on=key, hint=MEND_FIRST)
    else:
        commented = [item for item in document.entries if item.key == key]
        after = document.with_added(key, value, after=commented[-1] if commented else None)
    _require_readable(after)
    reading = read_values(after, environment, earlier).get(key)
    if reading is None or reading.value != value:
        raise UsageError("Compose would read another value.", on=key, hint=MEND_FIRST)
    return after.data


def removed(data: bytes, key: str) -> bytes:
    """The file without a key: every line that sets it, for else one before would count.

    Args:
        data: The file.
        key: Which.

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
            hint=MEND_FIRST,
        )
