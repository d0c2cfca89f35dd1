"""Postgres, dumped and restored by its own programs inside its container.

Who it is and which database, the shell in the container reads from the container's own
variables: no password is ever in an argument or in this program.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from pixel_tui.backups.stack_view import Seen
from pixel_tui.errors import OperationError
from pixel_tui.stack.compose_command import ComposeCommand
from pixel_tui.stack.program import Programs, Said

_WHO: Final = (
    "u=${POSTGRES_USER:-postgres}; d=${POSTGRES_DB:-$u}; "
    '[ -z "${POSTGRES_PASSWORD:-}" ] || export PGPASSWORD="$POSTGRES_PASSWORD"; '
)
DUMP: Final = _WHO + 'exec pg_dump --format=custom --username="$u" --dbname="$d"'
CONTENTS: Final = "exec pg_restore --list"
NAME: Final = _WHO + 'printf %s "$d"'
SIZE: Final = _WHO + (
    'exec psql --username="$u" --dbname="$d" --no-align --tuples-only'
    ' --command="SELECT pg_database_size(current_database())"'
)
RESTORE: Final = _WHO + (
    # Whoever still uses the database must not keep this waiting for ever.
    "export PGOPTIONS='-c lock_timeout=60s'; "
    "exec pg_restore --clean --if-exists --single-transaction --exit-on-error"
    ' --username="$u" --dbname="$d"'
)
READY: Final = _WHO + 'exec pg_isready --quiet --username="$u" --dbname="$d"'
ASK_SECONDS: Final = 30.0


def is_postgres(seen: Seen, words: Sequence[str]) -> bool:
    """Whether a container holds a Postgres server: its image says so, or its variables do."""
    name = seen.image.rpartition("/")[2]
    return any(word in name for word in words) or "PGDATA" in seen.environment


class Postgres:
    """The server in one container.

    Args:
        programs: Runs the docker program.
        command: How it is called.
        container: The container's id.
    """

    def __init__(self, programs: Programs, command: ComposeCommand, container: str) -> None:
        self._programs = programs
        self._command = command
        self._container = container

    def missing(self) -> str:
        """Why nothing can be dumped in there; empty where it can."""
        code = self._run("command -v pg_dump >/dev/null", patience=ASK_SECONDS).code
        return "there is no pg_dump in its container" if code else ""

    def ready(self) -> bool:
        """Whether it takes connections."""
        return self._run(READY, patience=ASK_SECONDS).code == 0

    def database(self) -> str:
        """The database's name."""
        return self._run(NAME, patience=ASK_SECONDS).output.decode(errors="replace")[:63]

    def version(self) -> str:
        """`pg_dump --version`."""
        said = self._run("exec pg_dump --version", patience=ASK_SECONDS)
        return said.output.decode(errors="replace").strip()[:80]

    def size(self) -> int:
        """Bytes of the database; a dump is smaller. 0 where it does not say."""
        said = self._run(SIZE, patience=ASK_SECONDS).output.strip()
        return int(said) if said.isdigit() else 0

    def dump(self, target: IO[bytes]) -> None:
        """Write a dump in the custom format.

        Raises:
            OperationError: It failed.
        """
        said = self._run(DUMP, target=target)
        if said.code:
            raise OperationError(f"pg_dump failed: {said.reason}", on=self._container[:12])

    def contents(self, dump: Path) -> int:
        """How many entries the table of contents of a dump has.

        Raises:
            OperationError: pg_restore can't read it, or it is empty.
        """
        with dump.open("rb") as file:
            said = self._run(CONTENTS, source=file)
        lines = [line for line in said.output.splitlines() if line and not line.startswith(b";")]
        if said.code or not said.output:
            raise OperationError(f"pg_restore can't read the dump: {said.reason}", on=str(dump))
        return len(lines)

    def restore(self, dump: Path) -> None:
        """Put a dump in the place of what is in the database, in one transaction.

        Raises:
            OperationError: It failed, and the database is as it was.
        """
        with dump.open("rb") as file:
            said = self._run(RESTORE, source=file)
        if said.code:
            raise OperationError(
                f"pg_restore failed, and the database is as it was: {said.reason}",
                on=self._container[:12],
            )

    def _run(
        self,
        script: str,
        *,
        source: IO[bytes] | None = None,
        target: IO[bytes] | None = None,
        patience: float | None = None,
    ) -> Said:
        argv = ["exec", *(["--interactive"] if source else []), self._container]
        return self._programs.run(
            self._command.docker_argv(*argv, "sh", "-c", script),
            source=source,
            target=target,
            patience=patience,
        )
