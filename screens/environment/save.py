"""The save dialog: changes in the file, the result of compose, and affected services."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Static

from pixel_tui.environment.apply.impact import Impact, ServiceChange, ServiceImpact
from pixel_tui.environment.editing.session import EditSession
from pixel_tui.environment.editing.workspace import EnvironmentWorkspace
from pixel_tui.errors import ConsoleError
from pixel_tui.text import SafeText, plain
from screens.environment.content import NO_RESTART
from screens.environment.difference import difference_lines
from screens.shared.composed import when_composed
from screens.shared.scrolling import ScrollingDialog
from widgets.bound_key import bound_key
from widgets.key_bar import KeyBar

SAVE: Final = "environment-save"
APPLY: Final = "environment-apply"
ShowPlan = Callable[[str, str], None]
"""Shows the plan of an action for a staged candidate."""
CHANGES: Final = {
    ServiceChange.RECREATE: ("recreate", "$text-primary"),
    ServiceChange.REBUILD: ("rebuild", "$text-warning"),
    ServiceChange.RESTART: ("restart", "$text-primary"),
}


class SaveScreen(ScrollingDialog[str | None]):
    """Dismisses with the name of the chosen action, or with None.

    Args:
        compare: Returns the changes in the file, masked; may take long.
        preview_impact: Asks compose about the candidate; blocks.
        obstacle: Why the file can't be saved; empty if it can.
    """

    BINDING_GROUP_TITLE = "Save"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('environment-save')", "Save", id="environment_save.save",
                tooltip="Write the file; containers keep their values until they are recreated"),
        Binding("a", "answer('environment-apply')", "Save and apply", id="environment_save.apply",
                tooltip="Write it, recreate and rebuild what needs it, roll back on failure"),
        Binding("escape,q", "dismiss(None)", "Cancel", id="environment_save.back"),
    ]  # fmt: skip

    def __init__(
        self,
        compare: Callable[[], Sequence[Content]],
        preview_impact: Callable[[], Impact],
        read_only_reason: SafeText = SafeText(""),
    ) -> None:
        super().__init__()
        self._compare = compare
        self._difference: Sequence[Content] = (Content.styled("Comparing…", "$foreground-muted"),)
        self._preview_impact = preview_impact
        self._obstacle = read_only_reason
        self._impact: Impact | None = None
        self._trouble = ""

    def compose(self) -> ComposeResult:
        """The difference, the impact, and three buttons."""
        with Vertical(classes="dialog -wide", id="save") as dialog:
            dialog.border_title = "Save the environment"
            with VerticalScroll(can_focus=False):
                yield Static(id="save-words", markup=False)
            with Horizontal(classes="buttons"):
                back = bound_key(self, "environment_save.back", "escape")
                save = bound_key(self, "environment_save.save", "s")
                apply = bound_key(self, "environment_save.apply", "a")
                yield Button(Content(f"Cancel  {back}"), id="back", compact=True)
                yield Button(Content(f"Save  {save}"), id="only", compact=True)
                yield Button(Content(f"Save and apply  {apply}"), id="apply", compact=True)
        yield KeyBar()

    def on_mount(self) -> None:
        """Start to compare and to ask compose."""
        self.query_one("#back").focus()
        self._draw()
        self.run_worker(self._preview(), group="impact")

    async def _preview(self) -> None:
        self._difference = await asyncio.to_thread(self._compare)
        self._draw()
        try:
            self._impact = await asyncio.to_thread(self._preview_impact)
        except ConsoleError as error:
            self._trouble = str(error)
        self._draw()
        self._focus_save()

    @when_composed
    def _focus_save(self) -> None:
        self.refresh_bindings()
        if self._is_possible(SAVE):
            self.query_one("#only").focus()

    @property
    def previewed(self) -> bool:
        """Whether the result of compose is known, or an error."""
        return self._impact is not None or bool(self._trouble)

    def _is_possible(self, action: str) -> bool:
        impact = self._impact
        if impact is None or impact.refusal or self._obstacle:
            return False
        return action == SAVE or bool(impact.services)

    @when_composed
    def _draw(self) -> None:
        parts = [
            *_part("Changes in the file", self._difference),
            *_part("Compose", self._verdict()),
        ]
        if self._impact is not None and not self._impact.refusal:
            parts += _part("Affected services", impact_lines(self._impact.services))
        self.query_one("#save-words", Static).update(Content("\n").join(parts[:-1]))
        for action, name in ((SAVE, "#only"), (APPLY, "#apply")):
            self.query_one(name).display = self._is_possible(action)
        self.query_one(".dialog").set_class(
            not self._is_possible(SAVE) and self.previewed, "-broken"
        )

    def _verdict(self) -> list[Content]:
        lines = []
        if self._obstacle:
            lines.append(Content.styled(f"✗ {self._obstacle}", "$text-error bold"))
        if self._trouble:
            message = f"✗ Compose could not be run, so nothing is saved: {plain(self._trouble)}"
            return [*lines, Content.styled(message, "$text-error bold")]
        if self._impact is None:
            return [*lines, Content.styled("Checking…", "$foreground-muted")]
        if self._impact.refusal:
            message = f"✗ Compose refuses the project with this file: {self._impact.refusal}"
            return [*lines, Content.styled(message, "$text-error bold")]
        lines.append(Content.styled("✓ Compose accepts the file.", "$text-success"))
        lines += [Content.styled(f"! {line}", "$text-warning") for line in self._impact.warnings]
        return lines

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide the keys of actions that are not possible."""
        return action != "answer" or self._is_possible(str(parameters[0]))

    def action_answer(self, action: str) -> None:
        """Close with an action."""
        if self._is_possible(action):
            self.dismiss(action)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "back":
            self.dismiss(None)
        else:
            self.action_answer(SAVE if event.button.id == "only" else APPLY)


def show_save_dialog(
    screen: Screen[None], session: EditSession, workspace: EnvironmentWorkspace, show_plan: ShowPlan
) -> None:
    """Show the impact of a save, and its plan if it is chosen.

    Args:
        screen: The screen below the dialog.
        session: The edit session; nothing is shown without edits.
        workspace: Asks compose about them, and stages them for the plan.
        show_plan: Shows the plan.
    """
    if not session.unsaved:
        return
    base, document, replaces = session.base, session.document, session.replaces

    def answered(action: str | None) -> None:
        if action is not None:
            screen.run_worker(stage(action), group="environment-save")

    async def stage(action: str) -> None:
        try:
            target = await asyncio.to_thread(workspace.stage, document.data, replaces)
        except ConsoleError as error:
            screen.notify(plain(str(error)), severity="error", timeout=15, markup=False)
            return
        show_plan(action, target)

    compare = partial(difference_lines, base, document, session.is_secret)
    preview = partial(workspace.preview_impact, document.data)
    screen.app.push_screen(SaveScreen(compare, preview, session.loaded.read_only_reason), answered)


def impact_lines(services: Sequence[ServiceImpact]) -> list[Content]:
    """A line for each affected service, with the reason."""
    if not services:
        return [Content("Nothing: no container would change.")]
    width = max(len(item.service) for item in services)
    lines = []
    for item in services:
        word, style = CHANGES[item.change]
        keys = ", ".join(item.keys)
        message = f"  {item.cause or keys}"
        if item.later:
            message = f"{message}; it {item.later}"
        lines.append(
            Content.assemble(
                (item.service.ljust(width), "bold"), "  ", (f"{word:<9}", style), plain(message)
            )
        )
    # Only a container can be restarted, and a restart is enough for some.
    if any(
        (item.running or item.stopped) and item.change is not ServiceChange.RESTART
        for item in services
    ):
        lines.append(Content.styled(NO_RESTART, "$foreground-muted"))
    return lines


def _part(title: str, lines: Sequence[Content]) -> list[Content]:
    heading = Content.styled(title, "$text-accent bold")
    return [heading, *(Content("  ") + line for line in lines), Content("")]
