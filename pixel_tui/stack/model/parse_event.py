"""Parses the engine's events into the model. Pure."""

from datetime import UTC, datetime

from pixel_tui.stack.model.json_value import JsonObject, Node
from pixel_tui.stack.model.labels import LABEL
from pixel_tui.stack.model.parse_container import container_id
from pixel_tui.stack.model.snapshot import StackEvent
from pixel_tui.stack.model.words import exit_words
from pixel_tui.text import NO_TEXT, SafeText, plain


def parse_event(raw: JsonObject) -> StackEvent | None:
    """Parse a container event from `GET /events`; return None for any other event."""
    node = Node(raw)
    actor = node["Actor"]
    attributes = actor["Attributes"]
    found = container_id(actor["ID"])
    if node["Type"].raw != "container" or not found:
        return None
    nanoseconds = node["timeNano"].integer or node["time"].integer * 1_000_000_000
    try:
        at = datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    action = node["Action"].text
    return StackEvent(
        at=at,
        action=action,
        container_id=found,
        container=attributes["name"].text,
        service=attributes[f"{LABEL}service"].text,
        detail=_event_detail(action, attributes),
        exit_code=attributes["exitCode"].integer if _has_exit_code(action, attributes) else None,
    )


def _has_exit_code(action: str, attributes: Node) -> bool:
    return action == "die" and bool(attributes["exitCode"])


def _event_detail(action: str, attributes: Node) -> SafeText:
    if _has_exit_code(action, attributes):
        return exit_words(attributes["exitCode"].integer)
    if action == "kill" and attributes["signal"]:
        return plain(f"signal {attributes['signal'].text}")
    if action == "rename" and attributes["oldName"]:
        return plain(f"was {attributes['oldName'].raw.removeprefix('/')}")
    return NO_TEXT
