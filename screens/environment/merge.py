"""The merge of edits with a file that was changed meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from pixel_tui.environment.dotenv.difference import IsSecret
from pixel_tui.environment.dotenv.document import DotenvDocument, DotenvEntry
from pixel_tui.environment.dotenv.merge import Conflict, MergeResult, Side, resolve
from pixel_tui.environment.editing.session import EditSession, PendingMerge
from pixel_tui.text import SafeText, plain
from screens.shared.dialog import Dialog
from widgets.bound_key import bound_key
from widgets.key_bar import KeyBar
from widgets.rows.environment_row import safe_value, shortened

REVEAL_SECONDS: Final = 5.0
Sides = Mapping[Conflict, Side]
TakeMerged = Callable[[DotenvDocument, DotenvDocument], Awaitable[None]]
"""Continues with a merge; gets the document of the file and the merged one."""


class MergeScreen(Dialog[Sides | None]):
    """Dismisses with the chosen side of each conflict, or with None.

    Args:
        conflicts: The keys that both have changed.
        is_secret: Returns whether a value is secret.
    """

    BINDING_GROUP_TITLE = "Merge"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "choose('mine')", "Mine", id="environment_merge.mine",
                tooltip="Keep your edit"),
        Binding("t", "choose('theirs')", "Theirs", id="environment_merge.theirs",
                tooltip="Keep the value on disk"),
        Binding("j,down", "move(1)", "Down", show=False, id="environment_merge.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="environment_merge.up"),
        Binding("v", "reveal", "Show values", id="environment_merge.reveal",
                tooltip="Show secrets for a few seconds"),
        Binding("enter", "take", "Apply", id="environment_merge.take",
                tooltip="Once each is chosen; nothing is written until you save"),
        Binding("escape,q", "dismiss(None)", "Cancel", id="environment_merge.later"),
    ]  # fmt: skip

    def __init__(self, conflicts: Sequence[Conflict], is_secret: IsSecret) -> None:
        super().__init__()
        self._conflicts = conflicts
        self._is_secret = is_secret
        self._chosen: dict[Conflict, Side] = {}
        self._at = 0
        self._revealed = False
        self._hiding: Timer | None = None

    def compose(self) -> ComposeResult:
        """Each conflict with both sides."""
        with Vertical(classes="dialog -tall -wide") as dialog:
            dialog.border_title = "Changed here and on disk"
            mine = bound_key(self, "environment_merge.mine", "m")
            theirs = bound_key(self, "environment_merge.theirs", "t")
            yield Static(
                f"Everything else is merged already. Choose: {mine} keeps your edit, {theirs} "
                "keeps the value on disk.",
                markup=False,
            )
            with VerticalScroll(can_focus=True):
                yield Static(id="merge-words", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the conflicts."""
        self._draw()

    def _draw(self) -> None:
        lines: list[Content] = []
        for at, conflict in enumerate(self._conflicts):
            chosen = self._chosen.get(conflict)
            here = at == self._at
            secret = any(map(self._is_secret, filter(None, (conflict.mine, conflict.theirs))))
            lines.append(Content.assemble(("▌ " if here else "  "), (plain(conflict.key), "bold")))
            for side, entry in ((Side.MINE, conflict.mine), (Side.THEIRS, conflict.theirs)):
                mark = "✓" if chosen is side else " "
                style = "$text-success bold" if chosen is side else ""
                value = self._value(entry, secret=secret)
                lines.append(
                    Content.styled(
                        f"{'▌ ' if here else '  '}  {mark} {side.value:<7} {value}",
                        style,
                    )
                )
            lines.append(Content(""))
        left = len(self._conflicts) - len(self._chosen)
        take = bound_key(self, "environment_merge.take", "enter")
        save = bound_key(self, "environment.save", "s")
        lines.append(
            Content.styled(f"{left} to choose", "$text-warning")
            if left
            else Content.styled(f"✓ {take} applies it; then {save} saves.", "$text-success")
        )
        self.query_one("#merge-words", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    def _value(self, entry: DotenvEntry | None, *, secret: bool) -> SafeText:
        if entry is None:
            return SafeText("(removed)")
        value = shortened(safe_value(entry.written, secret=secret, revealed=self._revealed))
        off = "  (commented out)" if entry.commented else ""
        return SafeText(f"{value or '(nothing)'}{off}")

    # Keys.

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """Enable the key once all conflicts are resolved."""
        if action == "take":
            return len(self._chosen) == len(self._conflicts) or None
        return True

    def action_choose(self, side: str) -> None:
        """Choose a side of the conflict under the cursor, and select the next."""
        self._chosen[self._conflicts[self._at]] = Side(side)
        self.action_move(1)

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._at = min(max(self._at + step, 0), len(self._conflicts) - 1)
        self._draw()
        self.query_one(VerticalScroll).scroll_to(y=max(self._at * 4 - 4, 0), animate=False)

    def action_reveal(self) -> None:
        """Show secrets for a few seconds."""
        if self._hiding is not None:
            self._hiding.stop()
        self._revealed = True
        self._hiding = self.set_timer(REVEAL_SECONDS, self._hide)
        self._draw()

    def _hide(self) -> None:
        self._revealed = False
        self._draw()

    def action_take(self) -> None:
        """Close with the chosen sides."""
        self.dismiss(dict(self._chosen))


def merge_with_file(screen: Screen[None], session: EditSession, take: TakeMerged) -> None:
    """Merge a session's edits with the file; the user resolves conflicts one by one.

    Args:
        screen: The screen below the dialog.
        session: The edit session.
        take: Continues with the merged document.
    """
    pending = session.pending_merge
    if pending is not None:
        merging = _merge(screen, session, pending, take)
        screen.run_worker(merging, group="environment-merge", exclusive=True)


async def _merge(
    screen: Screen[None], session: EditSession, pending: PendingMerge, take: TakeMerged
) -> None:
    merged = await asyncio.to_thread(pending.run)

    def answered(sides: Sides | None) -> None:
        if sides is not None:
            resolving = _resolve(pending, merged, sides, take)
            screen.run_worker(resolving, group="environment-merge")

    if merged.conflicts:
        screen.app.push_screen(MergeScreen(merged.conflicts, session.is_secret), answered)
    else:
        await take(pending.theirs, merged.document)


async def _resolve(
    pending: PendingMerge, merged: MergeResult, sides: Sides, take: TakeMerged
) -> None:
    await take(pending.theirs, await asyncio.to_thread(resolve, merged, sides))
