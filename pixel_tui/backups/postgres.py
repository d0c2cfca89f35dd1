"""Dumps and restores Postgres with its own programs inside its container.

The shell in the container takes user, password and default database from the container's own
variables, or from the files that these name (`POSTGRES_USER_FILE`), like the entry points of the
official and Bitnami's images: no password is ever in an argument or in this program. The server
itself lists its databases. A database's name is only ever an argument of the shell, quoted for
libpq's connection strings: it can't be read as an option, SQL or an address.
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
    """Return shell code that sets a name from the first set variable, or from its `_FILE`."""
    words = "".join(
        f'[ -n "${name}" ] || {name}=${{{variable}:-}}; '
        f'[ -n "${name}" ] || [ -z "${{{variable}_FILE:-}}" ]'
        f' || {name}=$(cat <"${variable}_FILE") || exit 3; '
        for variable in variables
    )
    return f"{name}=; {words}"


_CONNECTION: Final = (
    _variable("u", "POSTGRES_USER", "POSTGRESQL_USERNAME")
    + "u=${u:-postgres}; "
    + _variable("d", "POSTGRES_DB", "POSTGRESQL_DATABASE")
    + "d=${d:-$u}; "
    + _variable("p", "POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD")
    + '[ -z "$p" ] || export PGPASSWORD="$p"; export PGUSER="$u" PGCONNECT_TIMEOUT=20; '
)
DUMP: Final = _CONNECTION + (
    # A locked table must not block the complete backup forever.
    'exec pg_dump --format=custom --lock-wait-timeout=60000 --dbname="$1"'
)
ROLES: Final = _CONNECTION + "exec pg_dumpall --globals-only"
ROLES_WITHOUT_PASSWORDS: Final = f"{ROLES} --no-role-passwords"
CONTENTS: Final = "exec pg_restore --format=custom --list"
_FIND_PG_DUMP: Final = "command -v pg_dump >/dev/null || echo no"
_NO_SHELL: Final = {126, 127}
"""Docker's exit codes if the container has no shell."""
NAME: Final = _CONNECTION + 'printf %s "$d"'
_QUERY: Final = _CONNECTION + (
    # The default database may be missing: any existing one will do.
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
_DATA_FOLDERS: Final = """
SELECT json_build_object('data', current_setting('data_directory'), 'tablespaces',
  (SELECT json_agg(pg_tablespace_location(oid)) FROM pg_tablespace))
"""
_COUNT_ROWS: Final = _CONNECTION + (  # noqa: S608  the server itself quotes the names
    "exec psql --no-psqlrc --quiet --no-align --tuples-only --dbname=\"$1\" <<'END'\n"
    "SET statement_timeout = '20s'; SET lock_timeout = '5s';\n"
    "SELECT count(*) FROM (SELECT 1 FROM pg_largeobject_metadata LIMIT 1) found;\n"
    "SELECT format('SELECT count(*) FROM (SELECT 1 FROM %I.%I LIMIT 1) found', nspname, relname)\n"
    "FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm')\n"
    "AND nspname <> 'information_schema' AND nspname !~ '^pg_' LIMIT 2000 \\gexec\n"
    "END\n"
)
RESTORE: Final = _CONNECTION + (
    # Other users of the database must not block this forever.
    "export PGOPTIONS='-c lock_timeout=60s'; "
    "exec pg_restore --format=custom --clean --if-exists --single-transaction --exit-on-error"
    ' --dbname="$1"'
)
_STATEMENTS: Final = _CONNECTION + (
    "for d in postgres template1; do"
    ' export PGDATABASE="$d"; psql --no-psqlrc --command="" >/dev/null 2>&1 && break; done; '
    "exec psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=-"
)
_FREE: Final = 'exec df -P -k "$1"'
_FREE_KILOBYTES: Final = re.compile(r"\s\d+\s+\d+\s+(\d{1,15})\s+\d+%", re.ASCII)
"""The column `Available` of POSIX; other columns may have blanks."""
READY: Final = _CONNECTION + 'export PGDATABASE="$d"; exec pg_isready --quiet'
ASK_SECONDS: Final = 30.0
CUSTOM_FORMAT: Final = b"PGDMP"
"""The start of a dump in the custom format, which can't be plain SQL or psql commands."""
MAX_ROLE_BYTES: Final = 4 * 1024 * 1024
_NAME: Final = r'(?:"(?:[^"\\]|"")+"|[^\s";\\]+)'
_ROLE: Final = re.compile(rf"(?:CREATE ROLE|ALTER ROLE|GRANT {_NAME} TO) ({_NAME})[^\\]*;")


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a server, with what is needed to create it again."""

    name: str
    owner: str = ""
    encoding: str = ""
    collate: str = ""
    ctype: str = ""
    open: bool = True
    """Whether it accepts connections."""
    size: int = 0
    """In bytes; a dump is smaller. 0 if this user may not read it."""


def is_postgres(seen: SeenContainer, words: Sequence[str]) -> bool:
    """Whether a container runs Postgres, according to its image or its variables."""
    name = seen.image.rpartition("/")[2]
    return any(word in name for word in words) or "PGDATA" in seen.environment


def database_of(item: Item) -> Database | None:
    """Return the dumped database of an item; None if a backup of version 1 does not name it."""
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
    """The Postgres server in one container.

    Args:
        programs: Runs the docker program.
        command: The docker and compose command lines.
        container: The container's id.
    """

    def __init__(self, programs: Programs, command: ComposeCommand, container: str) -> None:
        self._programs = programs
        self._command = command
        self._container = container

    def why_not_dumpable(self) -> str:
        """Return why it can't be dumped; empty if it can.

        Raises:
            OperationError: No program can be started in the container.
        """
        result = self._run(_FIND_PG_DUMP, patience=ASK_SECONDS)
        if result.code in _NO_SHELL or result.output.strip() == b"no":
            return "there is no pg_dump in its container"
        if result.code:
            raise OperationError(
                f"The server can't be asked: {result.reason}", on=self._container[:12]
            )
        return ""

    def is_ready(self) -> bool:
        """Whether it accepts connections."""
        return self._run(READY, patience=ASK_SECONDS).code == 0

    def database(self) -> str:
        """Return the name of the default database, from the container's variables.

        Raises:
            OperationError: It can't be determined.
        """
        result = self._run(NAME, patience=ASK_SECONDS)
        name = result.output.decode(errors="replace")[:63]
        if result.code or not name:
            raise OperationError(f"Its databases are unknown: {result.reason}")
        return name

    def databases(self) -> tuple[Database, ...]:
        """Return all databases that the server lists, except its templates.

        Raises:
            OperationError: The server does not list them.
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

    def data_folders(self) -> tuple[str, ...]:
        """Return the folders in the container with the server's data.

        Raises:
            OperationError: The server does not tell.
        """
        found = self._query(_DATA_FOLDERS)
        data_folders = (found["data"].raw, *(item.raw for item in found["tablespaces"]))
        return tuple(filter(None, data_folders))

    def free_bytes(self) -> int | None:
        """Return the free bytes where the server keeps its data; None if unknown."""
        try:
            data_folders = self.data_folders()
        except OperationError:
            return None
        if len(data_folders) != 1:
            return None  # only the dump knows which tablespace it fills
        result = self._run(_FREE, data_folders[0], patience=ASK_SECONDS)
        found = _FREE_KILOBYTES.search(result.output.decode(errors="replace"))
        return int(found[1]) * 1024 if found and not result.code else None

    def is_empty(self, database: str) -> bool | None:
        """Whether no table of a database has a row; None if unknown."""
        result = self._run(_COUNT_ROWS, _connection_string(database), patience=ASK_SECONDS * 4)
        counts = result.output.split()
        if b"1" in counts:
            return False
        return None if result.code or result.errors.strip() or len(counts) > 2000 else True

    def version(self) -> str:
        """Return the output of `pg_dump --version`."""
        result = self._run("exec pg_dump --version", patience=ASK_SECONDS)
        return result.output.decode(errors="replace").strip()[:80]

    def dump(self, database: str, target: IO[bytes]) -> None:
        """Write a dump of a database in the custom format.

        Raises:
            OperationError: It failed.
        """
        result = self._run(DUMP, _connection_string(database), target=target)
        if result.code:
            raise OperationError(f"pg_dump failed: {result.reason}", on=self._container[:12])

    def dump_roles(self, target: IO[bytes]) -> bool:
        """Write the SQL of roles and tablespaces; returns whether passwords are included.

        Raises:
            OperationError: It failed.
        """
        if not self._run(ROLES, target=target).code:
            return True
        # Only a superuser can read the passwords.
        target.seek(0)
        target.truncate()
        result = self._run(ROLES_WITHOUT_PASSWORDS, target=target)
        if result.code:
            raise OperationError(f"pg_dumpall failed: {result.reason}", on=self._container[:12])
        return False

    def contents(self, dump: Path) -> int:
        """Return the number of entries in a dump's table of contents.

        Raises:
            OperationError: pg_restore can't read it, or it is empty.
        """
        with open_regular(dump) as file:
            result = self._run(CONTENTS, source=file)
        lines = [line for line in result.output.splitlines() if line and not line.startswith(b";")]
        if result.code or not result.output:
            raise OperationError(f"pg_restore can't read the dump: {result.reason}", on=str(dump))
        return len(lines)

    def restore(self, dump: IO[bytes], database: Database | None = None) -> None:
        """Restore a dump into a database, in one transaction.

        Args:
            dump: The file; no other user may be able to write it, because its content is executed.
            database: The target, created if missing; None for the server's default database.

        Raises:
            OperationError: It failed, and the database is unchanged.
        """
        name = database.name if database else self.database()
        if database:
            self._create(database)
        result = self._run(RESTORE, _connection_string(name), source=dump)
        if result.code:
            raise OperationError(
                f"pg_restore failed, and the database {name} is unchanged: {result.reason}",
                on=self._container[:12],
            )

    def restore_roles(self, roles: bytes) -> int:
        """Create missing roles; returns how many. Existing ones stay unchanged.

        Raises:
            OperationError: The server refuses it.
        """
        query = "SELECT json_build_object('roles', json_agg(quote_ident(rolname))) FROM pg_roles"
        present = {item.raw for item in self._query(query)["roles"]}
        statements = missing_roles(roles.decode(errors="replace"), present)
        if statements:
            self._execute("".join(f"{line}\n" for line in statements))
        return sum(line.startswith("CREATE ROLE") for line in statements)

    def _create(self, database: Database) -> None:
        """Create a database if it is missing."""
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
        """Run SQL without backslashes, which psql would execute as its own commands."""
        if "\\" in statements or "\0" in statements:
            raise OperationError("A name with a backslash can't be recreated: create it by hand.")
        with _as_file(statements) as file:
            result = self._run(_STATEMENTS, source=file, patience=ASK_SECONDS * 4)
        if result.code:
            raise OperationError(f"The server refuses it: {result.reason}", on=self._container[:12])

    def _query(self, query: str) -> Node:
        result = self._run(_QUERY, query, patience=ASK_SECONDS)
        try:
            return Node(load_object(result.output))
        except ValueError as error:
            raise OperationError(
                f"The Postgres server does not answer: {result.reason}", on=self._container[:12]
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
    """Return the statements of `pg_dumpall` that create missing roles.

    Accepts only complete lines in the forms that it writes for roles: anything else in the file is
    not executed.

    Args:
        text: The SQL.
        present: The existing roles, quoted as in SQL.
    """
    lines = []
    for line in text.splitlines():
        match = _ROLE.fullmatch(line)
        if match and match[1] not in present and line.count(";") == 1:
            lines.append(line)
    return lines


def _as_file(text: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed by the caller
    file.write(text.encode())
    file.seek(0)
    return file


def _connection_string(database: str) -> str:
    """Quote a name for a connection string, so that it is not read as one itself."""
    quoted = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{quoted}'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
