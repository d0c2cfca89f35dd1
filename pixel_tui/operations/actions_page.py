"""Generates the list of actions in `docs/recovery.md` from the catalogue."""

import sys
from typing import Final

from pixel_tui.operations import catalogue
from pixel_tui.operations.actions import all_actions
from pixel_tui.operations.planning.action import Action, Scope

MARK: Final = "<!-- What follows is made by scripts/recovery from the actions themselves. -->\n"
_APPLIES_TO: Final = {
    Scope.SERVICES: "services and containers, or all",
    Scope.PROJECT: "the project",
    Scope.BACKUP: "a backup",
    Scope.TASK: "a task",
    Scope.CANDIDATE: "an unsaved edit",
    Scope.VERSION: "a saved version",
    Scope.HOST: "the host",
}


def actions_page() -> str:
    """Return all actions as Markdown: what they do, to what, when, and what to do if they fail."""
    parts = []
    group = None
    for action in all_actions():
        if action.group is not group:
            group = action.group
            parts.append(f"## {group.value}\n")
        parts.append(_part(action))
    return "\n".join(parts)


def _part(action: Action) -> str:
    rows = (
        ("What it does", _summary(action)),
        ("Applies to", _APPLIES_TO[action.scope]),
        ("When to use it", action.when),
        ("When it fails", action.failure_hint),
    )
    table = "\n".join(f"| {name} | {words.replace('|', chr(92) + '|')} |" for name, words in rows)
    return f"### {action.title}: `{action.name}`\n\n| | |\n|---|---|\n{table}\n"


def _summary(action: Action) -> str:
    """Return the first paragraph of the docstring of the action's module."""
    module = next(
        module
        for name, module in sys.modules.items()
        if name.startswith(f"{catalogue.__name__}.") and vars(module).get("ACTION") is action
    )
    return " ".join((module.__doc__ or "").strip().partition("\n\n")[0].split())
