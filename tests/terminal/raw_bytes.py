"""What a program sends to its terminal, and what of it is not the console's own."""

import codecs
import re
from typing import Final

_CONTROL: Final = re.compile(
    # Strings of the operating system and of devices, to their end.
    rb"\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)?"
    rb"|\x1b\[[0-?]*[ -/]*[@-~]?"
    rb"|\x1b[ -/]*[0-~]?"
    # Single characters that do something, those of eight bits in UTF-8 too.
    rb"|[\x00-\x1f\x7f]|\xc2[\x80-\x9f]"
    # What changes the direction of a text, and what nobody can see.
    rb"|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]"
)
_CUT_OFF: Final = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*)?\Z")
_OWN: Final = re.compile(
    rb"\x1b\[[0-9;]*m"  # a colour
    rb"|\x1b\[[0-9]+;[0-9]+H"  # a place
    rb"|\x1b\[\?[0-9]+[hl]"  # a mode, such as the mouse's
    rb"|\x1b\[\?(?:2026|2048)\$p"  # a question for one
    rb"|\x1b\[(?:>[0-9]+|<)u"  # how keys are to be told
    rb"|\x1b\]22;[a-z-]*\x07"  # the shape of the pointer
)


def foreign(raw: bytes) -> set[bytes]:
    """Whatever a terminal would obey that no part of the console sends by itself.

    Args:
        raw: Every byte that was sent up to some moment, which may be in the middle of it.
    """
    codecs.getincrementaldecoder("utf-8")().decode(raw)  # other bytes could be anything
    found = (match.group() for match in _CONTROL.finditer(_CUT_OFF.sub(b"", raw)))
    return {control for control in found if not _OWN.fullmatch(control)}
