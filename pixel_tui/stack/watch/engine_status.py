"""Reads the engine's version and host, and converts errors to states."""

from pixel_tui.clock import Clock
from pixel_tui.errors import ConsoleError, EngineDenied
from pixel_tui.stack.model.json_value import Node
from pixel_tui.stack.model.snapshot import Connection, EngineStatus, Trouble
from pixel_tui.stack.model.source import EngineReader


def read_engine(engine: EngineReader, clock: Clock) -> EngineStatus:
    """Read the status of the engine.

    Raises:
        EngineError: The engine can't be reached.
    """
    version, info = Node(engine.version()), Node(engine.info())
    return EngineStatus(
        address=engine.address,
        context=engine.context,
        connection=Connection.READY,
        version=version["Version"].text,
        api_version=version["ApiVersion"].text,
        host_name=info["Name"].text,
        cpus=info["NCPU"].integer,
        memory=info["MemTotal"].integer,
        seen_at=clock.now(),
    )


def trouble(error: ConsoleError, before: Trouble | None, clock: Clock) -> Trouble:
    """Convert an error to a state; if it is the same as before, its start time is kept."""
    denied = isinstance(error, EngineDenied)
    return Trouble(error.sentence, error.hint, clock.now(), denied).continuing(before)
