"""Postgres, dumped and restored by its own programs inside its container.

Who it is and which database, the shell in the container reads from the container's own
variables, or from the files that these name (`POSTGRES_USER_FILE`), as the entry points of the
official and Bitnami's images do: no password is ever in an argument or in this program. Which
databases there are the server itself says. A name of one is only ever an argument of the shell,
quoted as libpq's connection strings want it: it is no option, no SQL and no address.
"""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pixel_tui.backups.manifest import Item
from pixel_tui.backups.stack_view import SeenContainer
from pixel_tui.errors import OperationError
from pixel_tui.files import open_regular
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.json_value import Node, load_object
from pixel_tui.stack.model.program_output import ProgramOutput
from pixel_tui.stack.programs.program import Programs


def _variable(name: str, *variables: str) -> str:
    """Shell that sets a name to the first variable that is set, or to what is in a `_FILE`."""
    words = "".join(
        f'[ -n "${name}" ] || {name}=${{{variable}:-}}; '
        f'[ -n "${name}" ] || [ -z "${{{variable}_FILE:-}}" ]'
        f' || {name}=$(cat <"${variable}_FILE") || exit 3; '
        for variable in variables
    )
    return f"{name}=; {words}"


_WHO: Final = (
    _variable("u", "POSTGRES_USER", "POSTGRESQL_USERNAME")
    + "u=${u:-postgres}; "
    + _variable("d", "POSTGRES_DB", "POSTGRESQL_DATABASE")
    + "d=${d:-$u}; "
    + _variable("p", "POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD")
    + '[ -z "$p" ] || export PGPASSWORD="$p"; export PGUSER="$u" PGCONNECT_TIMEOUT=20; '
)
DUMP: Final = _WHO + (
    # A table that somebody keeps locked must not keep all the rest waiting for ever.
    'exec pg_dump --format=custom --lock-wait-timeout=60000 --dbname="$1"'
)
ROLES: Final = _WHO + "exec pg_dumpall --globals-only"
ROLES_WITHOUT_PASSWORDS: Final = f"{ROLES} --no-role-passwords"
CONTENTS: Final = "exec pg_restore --format=custom --list"
_LOOK: Final = "command -v pg_dump >/dev/null || echo no"
_NO_SHELL: Final = {126, 127}
"""What docker ends with where the container has no shell that could look."""
NAME: Final = _WHO + 'printf %s "$d"'
_QUERY: Final = _WHO + (
    # The database that is named may be gone: any that is there will do.
    'for d in "$d" postgres template1; do'
    ' PGDATABASE="$d" psql --no-psqlrc --no-align --tuples-only --command="$1" && exit 0;'
    " done; exit 1"
)
_LIST: Final = """
SELECT json_build_object('databases', json_agg(json_build_object(
  'name', datname, 'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
  'collate', datcollate, 'ctype', datctype, 'open', datallowconn,
  'bytes', CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END
) ORDER BY datname)) FROM pg_database WHERE datname NOT IN ('template0', 'template1')
"""
_PLACES: Final = """
SELECT json_build_object('data', current_setting('data_directory'), 'tablespaces',
  (SELECT json_agg(pg_tablespace_location(oid)) FROM pg_tablespace))
"""
_FILLED: Final = _WHO + (  # noqa: S608  the server itself quotes the names
    "exec psql --no-psqlrc --quiet --no-align --tuples-only --dbname=\"$1\" <<'END'\n"
    "SET statement_timeout = '20s'; SET lock_timeout = '5s';\n"
    "SELECT count(*) FROM (SELECT 1 FROM pg_largeobject_metadata LIMIT 1) found;\n"
    "SELECT format('SELECT count(*) FROM (SELECT 1 FROM %I.%I LIMIT 1) found', nspname, relname)\n"
    "FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm')\n"
    "AND nspname <> 'information_schema' AND nspname !~ '^pg_' LIMIT 2000 \\gexec\n"
    "END\n"
)
RESTORE: Final = _WHO + (
    # Whoever still uses the database must not keep this waiting for ever.
    "export PGOPTIONS='-c lock_timeout=60s'; "
    "exec pg_restore --format=custom --clean --if-exists --single-transaction --exit-on-error"
    ' --dbname="$1"'
)
_STATEMENTS: Final = _WHO + (
    "for d in postgres template1; do"
    ' export PGDATABASE="$d"; psql --no-psqlrc --command="" >/dev/null 2>&1 && break; done; '
    "exec psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=-"
)
_FREE: Final = 'exec df -P -k "$1"'
_FREE_KILOBYTES: Final = re.compile(r"\s\d+\s+\d+\s+(\d{1,15})\s+\d+%", re.ASCII)
"""The column `Available` of POSIX; each other column may hold blanks."""
READY: Final = _WHO + 'export PGDATABASE="$d"; exec pg_isready --quiet'
ASK_SECONDS: Final = 30.0
CUSTOM_FORMAT: Final = b"PGDMP"
"""How a dump in the custom format begins: there is no plain SQL in it, and no command of psql."""
MOST_ROLE_BYTES: Final = 4 * 1024 * 1024
_NAME: Final = r'(?:"(?:[^"\\]|"")+"|[^\s";\\]+)'
_ROLE: Final = re.compile(rf"(?:CREATE ROLE|ALTER ROLE|GRANT {_NAME} TO) ({_NAME})[^\\]*;")


@dataclass(frozen=True, slots=True)
class Database:
    """One database of a server, and what it takes to make it again."""

    name: str
    owner: str = ""
    encoding: str = ""
    collate: str = ""
    ctype: str = ""
    open: bool = True
    """Whether it takes connections."""
    size: int = 0
    """In bytes; a dump is smaller. 0 where this user may not know."""


def is_postgres(seen: SeenContainer, words: Sequence[str]) -> bool:
    """Whether a container holds a Postgres server: its image says so, or its variables do."""
    name = seen.image.rpartition("/")[2]
    return any(word in name for word in words) or "PGDATA" in seen.environment


def database_of(item: Item) -> Database | None:
    """The database that was dumped; None where a backup of version 1 does not say which."""
    node = Node(item.details)
    if not item.database:
        return None
    return Database(
        item.database,
        node["owner"].raw,
        node["encoding"].raw,
        node["collate"].raw,
        node["ctype"].raw,
    )


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
        """Why nothing can be dumped in there; empty where it can.

        Raises:
            OperationError: No program can be started in there, whatever there is.
        """
        said = self._run(_LOOK, patience=ASK_SECONDS)
        if said.code in _NO_SHELL or said.output.strip() == b"no":
            return "there is no pg_dump in its container"
        if said.code:
            raise OperationError(f"It can't be asked: {said.reason}", on=self._container[:12])
        return ""

    def ready(self) -> bool:
        """Whether it takes connections."""
        return self._run(READY, patience=ASK_SECONDS).code == 0

    def database(self) -> str:
        """The name of the database that its variables name.

        Raises:
            OperationError: They can't be read.
        """
        said = self._run(NAME, patience=ASK_SECONDS)
        name = said.output.decode(errors="replace")[:63]
        if said.code or not name:
            raise OperationError(f"It is not known which database it has: {said.reason}")
        return name

    def databases(self) -> tuple[Database, ...]:
        """Every database but the two templates of a new server, as the server lists them.

        Raises:
            OperationError: It does not list them.
        """
        return tuple(
            Database(
                name=node["name"].raw,
                owner=node["owner"].raw,
                encoding=node["encoding"].raw,
                collate=node["collate"].raw,
                ctype=node["ctype"].raw,
                open=node["open"].flag,
                size=node["bytes"].integer,
            )
            for node in self._query(_LIST)["databases"]
        )

    def places(self) -> tuple[str, ...]:
        """The folders in the container that it keeps its data in.

        Raises:
            OperationError: It does not say.
        """
        found = self._query(_PLACES)
        places = (found["data"].raw, *(item.raw for item in found["tablespaces"]))
        return tuple(filter(None, places))

    def free(self) -> int | None:
        """How many bytes are free where it keeps its data; None where that is unknown."""
        try:
            places = self.places()
        except OperationError:
            return None
        if len(places) != 1:
            return None  # which of its tablespaces is filled, only the dump knows
        said = self._run(_FREE, places[0], patience=ASK_SECONDS)
        found = _FREE_KILOBYTES.search(said.output.decode(errors="replace"))
        return int(found[1]) * 1024 if found and not said.code else None

    def empty(self, database: str) -> bool | None:
        """Whether no table of a database has a row; None where that can't be known."""
        said = self._run(_FILLED, _address(database), patience=ASK_SECONDS * 4)
        counts = said.output.split()
        if b"1" in counts:
            return False
        return None if said.code or said.errors.strip() or len(counts) > 2000 else True

    def version(self) -> str:
        """`pg_dump --version`."""
        said = self._run("exec pg_dump --version", patience=ASK_SECONDS)
        return said.output.decode(errors="replace").strip()[:80]

    def dump(self, database: str, target: IO[bytes]) -> None:
        """Write a dump of one database in the custom format.

        Raises:
            OperationError: It failed.
        """
        said = self._run(DUMP, _address(database), target=target)
        if said.code:
            raise OperationError(f"pg_dump failed: {said.reason}", on=self._container[:12])

    def dump_roles(self, target: IO[bytes]) -> bool:
        """Write the SQL of roles and tablespaces; returns whether their passwords are in it.

        Raises:
            OperationError: It failed.
        """
        if not self._run(ROLES, target=target).code:
            return True
        # Only a superuser may read the passwords.
        target.seek(0)
        target.truncate()
        said = self._run(ROLES_WITHOUT_PASSWORDS, target=target)
        if said.code:
            raise OperationError(f"pg_dumpall failed: {said.reason}", on=self._container[:12])
        return False

    def contents(self, dump: Path) -> int:
        """How many entries the table of contents of a dump has.

        Raises:
            OperationError: pg_restore can't read it, or it is empty.
        """
        with open_regular(dump) as file:
            said = self._run(CONTENTS, source=file)
        lines = [line for line in said.output.splitlines() if line and not line.startswith(b";")]
        if said.code or not said.output:
            raise OperationError(f"pg_restore can't read the dump: {said.reason}", on=str(dump))
        return len(lines)

    def restore(self, dump: IO[bytes], database: Database | None = None) -> None:
        """Put a dump in the place of what is in a database, in one transaction.

        Args:
            dump: The file, which nobody else can write to: what it says is run.
            database: Which one; it is made where it is gone. None: the one that the server's
                variables name.

        Raises:
            OperationError: It failed, and the database is as it was.
        """
        name = database.name if database else self.database()
        if database:
            self._make(database)
        said = self._run(RESTORE, _address(name), source=dump)
        if said.code:
            raise OperationError(
                f"pg_restore failed, and the database {name} is as it was: {said.reason}",
                on=self._container[:12],
            )

    def restore_roles(self, roles: bytes) -> int:
        """Make those roles again that are gone; returns how many. What is there stays as it is.

        Raises:
            OperationError: The server refuses it.
        """
        query = "SELECT json_build_object('roles', json_agg(quote_ident(rolname))) FROM pg_roles"
        present = {item.raw for item in self._query(query)["roles"]}
        statements = missing_roles(roles.decode(errors="replace"), present)
        if statements:
            self._execute("".join(f"{line}\n" for line in statements))
        return sum(line.startswith("CREATE ROLE") for line in statements)

    def _make(self, database: Database) -> None:
        """Make a database where it is gone."""
        if any(item.name == database.name for item in self.databases()):
            return
        options = [
            f"{word} {quote(value)}"
            for word, value, quote in (
                ("OWNER", database.owner, _identifier),
                ("ENCODING", database.encoding, _literal),
                ("LC_COLLATE", database.collate, _literal),
                ("LC_CTYPE", database.ctype, _literal),
            )
            if value
        ]
        words = " ".join(("TEMPLATE template0", *options))
        self._execute(f"CREATE DATABASE {_identifier(database.name)} {words};\n")

    def _execute(self, statements: str) -> None:
        """Run SQL that holds no backslash: psql would take it for a command of its own."""
        if "\\" in statements or "\0" in statements:
            raise OperationError("A name with a backslash can't be made again: make it by hand.")
        with _as_file(statements) as file:
            said = self._run(_STATEMENTS, source=file, patience=ASK_SECONDS * 4)
        if said.code:
            raise OperationError(f"The server refuses it: {said.reason}", on=self._container[:12])

    def _query(self, query: str) -> Node:
        said = self._run(_QUERY, query, patience=ASK_SECONDS)
        try:
            return Node(load_object(said.output))
        except ValueError as error:
            raise OperationError(
                f"The Postgres server does not answer: {said.reason}", on=self._container[:12]
            ) from error

    def _run(
        self,
        script: str,
        *words: str,
        source: IO[bytes] | None = None,
        target: IO[bytes] | None = None,
        patience: float | None = None,
    ) -> ProgramOutput:
        argv = ["exec", *(["--interactive"] if source else []), self._container]
        return self._programs.run(
            self._command.docker_argv(*argv, "sh", "-c", script, "sh", *words),
            source=source,
            target=target,
            patience=patience,
        )


def missing_roles(text: str, present: set[str]) -> list[str]:
    """Of the SQL of `pg_dumpall`, the statements that make roles that are not there.

    Only whole lines of the forms that it writes for roles are taken: whatever else is in the
    file is run by nobody.

    Args:
        text: The SQL.
        present: The roles that are there, quoted as SQL wants them.
    """
    lines = []
    for line in text.splitlines():
        match = _ROLE.fullmatch(line)
        if match and match[1] not in present and line.count(";") == 1:
            lines.append(line)
    return lines


def _as_file(text: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  whoever asked for it closes it
    file.write(text.encode())
    file.seek(0)
    return file


def _address(database: str) -> str:
    """A name as a connection string has it: it could be read as one itself."""
    quoted = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{quoted}'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
