"""Runs inside the console's process and tells what happens there; it changes nothing.

Started by `program(script=WITNESSED)`: it opens the console through its own command line.
To the pipe that `PIPE` names it writes one line of JSON for every key that arrives, with
the place it arrives in, and one when it is asked to settle: then every message that was
under way has been handled. To the file that `RECORD` names it writes every program that
this process starts and every address that it connects to, by Python's own audit.
"""

import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from functools import partial
from typing import Final

from textual import events
from textual.app import App
from textual.command import CommandList, CommandPalette, Provider
from textual.pilot import Pilot, WaitForScreenTimeout

from pixel_tui import cli
from pixel_tui.terminal.keys import KeysInOrder

WITNESSED: Final = "import sys\nfrom tests.terminal.witness import main\nsys.exit(main())\n"
PIPE: Final = "WITNESS_PIPE"
RECORD: Final = "WITNESS_RECORD"
SETTLE: Final = ("f35", "\x1b[57398u")
"""A key that no keyboard has: its name, and what a terminal would send."""
COUNT: Final = ("f34", "\x1b[57397u")
"""Another, which asks as well for what could change something."""

CHANGING: Final = (
    "pixel_tui.demo.drills",
    "pixel_tui.environment.storage.drafts",
    "pixel_tui.environment.editing.edits",
    "pixel_tui.environment.storage.staging",
    "pixel_tui.environment.storage.store",
    "pixel_tui.environment.live.workspace",
    "pixel_tui.ledger.writing.versions",
    "pixel_tui.ledger.writing.store",
    "pixel_tui.operations.",
    "pixel_tui.demo.stack.commands",
    "pixel_tui.stack.programs.process",
    "screens.environment.editor",
    "screens.environment.merge",
    "screens.environment.save",
    "screens.environment.value",
    "screens.changes.job",
    "screens.changes.console_jobs",
    "screens.changes.flow",
    "screens.changes.plan",
    "screens.changes.quit",
    "screens.ledger.task_actions",
    "screens.ledger.task_writing",
)
"""How the modules begin whose objects exist only where something may be changed."""
RULES: Final = frozenset(
    {
        *("Action", "AuditEntry", "AuditRecord", "CheckedTrail", "EnvironmentFacts", "Facts"),
        *("Guard", "JobReader", "JobRecords", "JobStates", "LedgerFacts", "Seal", "StackJobs"),
        *("Timeouts", "UpOptions"),
    }
)
"""Constants, what is read of files, and what reads them: nothing of it can change anything."""

_STARTING: Final = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"}
)
_FORKING: Final = frozenset({"os.fork", "os.forkpty", "pty.spawn"})
_Tell = Callable[[dict[str, object]], None]


def main() -> int:
    """Open the console as its command line does, witnessed."""
    record = os.open(os.environ[RECORD], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    sys.addaudithook(lambda event, values: _audit(record, event, values))
    pipe = os.open(os.environ[PIPE], os.O_WRONLY)

    def tell(said: dict[str, object]) -> None:
        left = json.dumps(said).encode() + b"\n"
        while left:
            left = left[os.write(pipe, left) :]

    _watch_keys(tell)
    return cli.main()


def _audit(record: int, event: str, values: tuple[object, ...]) -> None:
    said: dict[str, object] = {}
    if event in _STARTING:
        argv = values[1] if event != "os.system" and len(values) > 1 else values
        words: tuple[object, ...] = tuple(argv) if isinstance(argv, list | tuple) else (argv,)
        said = {"started": [_text(word) for word in words]}
    elif event in _FORKING:
        said = {"started": [event]}
    elif event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        said = {"connected": str(values[-1])}
    if said:
        os.write(record, json.dumps(said).encode() + b"\n")


def _text(word: object) -> str:
    return os.fsdecode(word) if isinstance(word, bytes | os.PathLike) else str(word)


def _watch_keys(tell: _Tell) -> None:
    original = App.on_event
    tasks = set()

    async def on_event(app: App[object], event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            await original(app, event)
        elif event.key in {SETTLE[0], COUNT[0]}:
            task = asyncio.create_task(_settle(app, tell, count=event.key == COUNT[0]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            task.add_done_callback(partial(_failed, tell))
        else:
            tell({"key": event.key, **_place(app)})
            await original(app, event)

    App.on_event = on_event  # type: ignore[assignment, method-assign]


def _failed(tell: _Tell, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        tell({"failed": repr(error)})


async def _settle(app: App[object], tell: _Tell, *, count: bool) -> None:
    before: dict[str, object] = {}
    while before != (place := await _after_all_messages(app)):
        before = place
    bound = _bound(app)
    counted = {"changing": _changing(), "commands": await _commands(app)} if count else {}
    tell(
        {
            **place,
            "bound": sorted(bound),
            "leaving": sorted(key for key, does in bound.items() if does in {"quit", "app.quit"}),
            **counted,
        }
    )


async def _after_all_messages(app: App[object]) -> dict[str, object]:
    """Where the console is, and what an open palette has found, after what is under way."""
    while isinstance(app, KeysInOrder) and app.keys_pending:  # noqa: ASYNC110  it tells nobody
        await asyncio.sleep(0.001)
    for _ in range(2):
        with suppress(WaitForScreenTimeout):  # a screen was closed in the middle
            await Pilot(app)._wait_for_screen(1)
    screen, shown = app.screen, []
    if isinstance(screen, CommandPalette):
        searching = (worker.wait() for worker in app.workers if worker.node is screen)
        await asyncio.gather(*searching, return_exceptions=True)
        found = screen.query_one(CommandList)
        prompts = (found.get_option_at_index(at).prompt for at in range(found.option_count))
        shown = [str(prompt).partition("\n")[0] for prompt in prompts]
    return {**_place(app), "shown": shown}


def _bound(app: App[object]) -> dict[str, str]:
    """What each key does here; those of a priority count below a dialog too."""
    bound = {key: active.binding.action for key, active in app.active_bindings.items()}
    for _node, bindings in app.screen._binding_chain:
        bound |= {key: binding.action for key, binding in bindings if binding.priority}
    return bound


def _place(app: App[object]) -> dict[str, object]:
    focused = app.screen.focused
    nodes = focused.ancestors_with_self if focused else [app.screen]
    return {
        "screen": type(app.screen).__name__,
        "focus": f"{type(focused).__name__}#{focused.id}" if focused else "",
        "inside": [type(node).__name__ for node in nodes],
    }


def _changing() -> list[str]:
    """The kinds of the objects that could change something."""
    gc.unfreeze()  # what the start has made is kept apart from the garbage: it counts too
    gc.collect()
    kinds = (type(item) for item in gc.get_objects())
    changing = {kind for kind in kinds if str(kind.__module__).startswith(CHANGING)}
    return sorted({kind.__name__ for kind in changing if not issubclass(kind, Enum)} - RULES)


async def _commands(app: App[object]) -> list[str]:
    """Every command of the palette, asked of its providers."""
    names = []
    screen = app.screen_stack[0]
    for source in app.COMMANDS | screen.COMMANDS:
        kind: type[Provider] = source if isinstance(source, type) else source()
        names += [str(hit.text) async for hit in kind(screen).discover()]
    return sorted(names)
