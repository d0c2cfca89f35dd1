"""An image of Debian's Postgres on top of busybox, made of what is installed here.

No registry is needed: the programs are copied with the libraries that they name.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.engine.private_engine import BASE_IMAGE, Engine

POSTGRES_IMAGE = "pixel-tui-test-postgres:latest"
PROGRAMS = ("postgres", "initdb", "pg_dump", "pg_dumpall", "pg_restore", "pg_isready", "psql")

_START = """#!/bin/sh
set -e
[ -z "$POSTGRES_USER_FILE" ] || POSTGRES_USER=$(cat "$POSTGRES_USER_FILE")
[ -z "$POSTGRES_DB_FILE" ] || POSTGRES_DB=$(cat "$POSTGRES_DB_FILE")
export PGDATA=/var/lib/postgresql/data
mkdir -p "$PGDATA" /var/run/postgresql
chown -R postgres "$PGDATA" /var/run/postgresql
chmod 700 "$PGDATA"
if [ ! -f "$PGDATA/PG_VERSION" ]; then
    su postgres -c "initdb --no-sync --auth=trust --username=$POSTGRES_USER" >/dev/null
    echo "CREATE DATABASE $POSTGRES_DB" | su postgres -c 'postgres --single postgres' >/dev/null
fi
exec su postgres -c "exec postgres -c fsync=off -c unix_socket_directories=/var/run/postgresql"
"""
_DOCKERFILE = f"""FROM {BASE_IMAGE}
COPY files/ /
ENV PATH=/usr/lib/postgresql/bin:/bin:/sbin:/usr/bin:/usr/sbin LD_LIBRARY_PATH=/pglib
CMD ["/start"]
"""


def postgres_folder() -> Path | None:
    """Where the server's programs are installed here; None where they are not."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def build_postgres_image(engine: Engine, programs: Path) -> str:
    """Build the image once for an engine; return its name."""
    if engine.docker("image", "inspect", POSTGRES_IMAGE, check=False).returncode == 0:
        return POSTGRES_IMAGE
    with tempfile.TemporaryDirectory(prefix="pixel-tui-") as name:
        folder = Path(name)
        _lay_out(folder / "files", programs)
        (folder / "Dockerfile").write_text(_DOCKERFILE)
        engine.docker("build", "--tag", POSTGRES_IMAGE, str(folder), timeout=120)
    return POSTGRES_IMAGE


def _lay_out(root: Path, programs: Path) -> None:
    version = programs.parent.name
    target = root / f"usr/lib/postgresql/{version}/bin"
    target.mkdir(parents=True)
    (root / "usr/lib/postgresql/bin").symlink_to(f"{version}/bin")
    modules = [programs.parent / "lib" / name for name in ("plpgsql.so", "dict_snowball.so")]
    libraries: set[Path] = set()
    for path in [*(programs / name for name in PROGRAMS), *modules]:
        place = target if path.parent == programs else root / f"usr/lib/postgresql/{version}/lib"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(path.resolve(), place / path.name)
        libraries |= _libraries(path)
    share = Path(f"usr/share/postgresql/{version}")
    shutil.copytree("/" / share, root / share, ignore=shutil.ignore_patterns("man", "*.mo"))
    (root / "pglib").mkdir()
    for library in libraries:
        loader = library.name.startswith("ld-")
        place = root / library.parent.relative_to("/") if loader else root / "pglib"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(library.resolve(), place / library.name)
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\npostgres:x:999:\n")
    (root / "start").write_text(_START)
    (root / "start").chmod(0o755)


def _libraries(program: Path) -> set[Path]:
    said = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True)
    words = (word for line in said.stdout.splitlines() for word in line.split())
    return {Path(word) for word in words if word.startswith("/")}
