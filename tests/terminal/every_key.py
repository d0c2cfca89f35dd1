"""Every key there is: what a terminal sends for it, by the name that bindings use."""

from collections.abc import Iterator, Mapping
from typing import Final

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.dom import DOMNode

from pixel_tui.console.app import PixelTui
from pixel_tui.console.keymap import BINDING_OWNERS

ESCAPE: Final = "\x1b[27u"
"""Escape as newer terminals send it: nothing has to wait for what may follow."""
_MODIFIERS: Final = (2, 3, 4, 5, 6, 7, 8, 9)
_CODES: Final = (9, 13, 32, 127, *range(97, 123))


def named(sequence: str) -> str | None:
    """The key that a sequence is read as; None where it is none or several."""
    try:
        found = [item.key for item in XTermParser().feed(sequence) if isinstance(item, events.Key)]
    except ValueError:
        return None
    return found[0] if len(found) == 1 else None


def every_key() -> Mapping[str, str]:
    """Sequences by the name of the key: the toolkit's table, what prints, and what is bound."""
    keys: dict[str, str] = {"escape": ESCAPE}
    for sequence in (*map(chr, range(32, 127)), *ANSI_SEQUENCES_KEYS):
        if name := named(sequence):
            keys.setdefault(name, sequence)
    bound = bound_keys()
    for code in _CODES:
        for modifier in _MODIFIERS:
            sequence = f"\x1b[{code};{modifier}u"
            if (name := named(sequence)) in bound:
                keys.setdefault(str(name), sequence)
    return keys


def bound_keys() -> frozenset[str]:
    """Whatever is bound by the application, a screen or a widget that is loaded."""
    kinds: set[type[DOMNode]] = {PixelTui, *BINDING_OWNERS, *_kinds(DOMNode)}
    return frozenset(key for kind in kinds for key in kind._merge_bindings().key_to_bindings)


def _kinds(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _kinds(inner)
