"""Gaps of a backup of Postgres servers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pixel_tui.backups.manifest import Cover, Gap, Manifest
from pixel_tui.backups.postgres import missing_roles
from pixel_tui.errors import OperationError
from pixel_tui.stack.model.program_output import ProgramOutput
from tests.builders.backup_gaps import Stack, held, make, missing, model
from tests.builders.backup_mounts import container
from tests.builders.backups import project

__all__ = ["project"]


class TestServers:
    @dataclass
    class Postgres(Stack):
        """A server with given answers."""

        answers: dict[str, ProgramOutput] = field(default_factory=dict)

        def run(self, argv: Sequence[str], **how: Any) -> ProgramOutput:
            if "exec" not in argv:
                return super().run(argv, **how)
            words = " ".join(argv)
            result = next((result for key, result in self.answers.items() if key in words), None)
            if result is None:
                return ProgramOutput(0, b"1", b"")
            if result.code == -1:
                raise OperationError("The program did not end within 30s.", on="docker")
            if how.get("target"):
                how["target"].write(result.output)
            return result

    def made(self, project: Path, **answers: ProgramOutput) -> Manifest:
        server = container("db", image="postgres:16")
        server["Mounts"] = [
            {"Type": "volume", "Name": "held", "Destination": "/var/lib/postgresql/data"}
        ]
        names = [{"name": name, "open": True} for name in ("agent", "other")]
        known = {
            "json_agg(json_build": ProgramOutput(0, json.dumps({"databases": names}).encode(), b""),
            "data_directory": ProgramOutput(0, b'{"data": "/var/lib/postgresql/data"}', b""),
            "pg_restore": ProgramOutput(0, b"1; entry", b""),
            **answers,
        }
        return make(project, self.Postgres([server], model(), answers=known))

    def test_a_volume_is_dumped_if_its_complete_server_is(self, project: Path) -> None:
        made = self.made(project)
        assert not made.incomplete
        assert made.volume("held").cover is Cover.DUMPED
        assert made.servers[0].complete

    def test_a_container_that_starts_no_program_is_unknown(self, project: Path) -> None:
        paused = ProgramOutput(1, b"", b"Error response from daemon: container db is paused")
        made = self.made(project, pg_dump=paused)
        assert missing(made) == {"db": Gap.UNKNOWN}
        (gap,) = [gap for gap in made.left_out if gap.what == "db"]
        assert "container db is paused" in gap.why
        without = self.made(project, pg_dump=ProgramOutput(127, b"", b"sh: not found"))
        (gap,) = [gap for gap in without.left_out if gap.what == "db"]
        assert "there is no pg_dump in its container" in gap.why

    def test_a_failed_dump_does_not_stop_others(self, project: Path) -> None:
        made = self.made(project, **{"dbname='other'": ProgramOutput(1, b"", b"it is locked")})
        assert missing(made) == {"db/other": Gap.FAILED}
        assert [item.database for item in made.items if item.database] == ["agent"]
        assert made.volume("held").cover is Cover.UNKNOWN
        assert "other" in made.volume("held").why

    def test_roles_that_can_not_be_dumped_are_missing(self, project: Path) -> None:
        made = self.made(project, pg_dumpall=ProgramOutput(1, b"", b"no such program"))
        assert missing(made) == {"db: roles": Gap.FAILED}
        assert made.volume("held").cover is Cover.UNKNOWN

    @pytest.mark.parametrize("code", [1, -1])
    def test_a_server_that_lists_nothing_is_unknown(self, project: Path, code: int) -> None:
        made = self.made(project, **{"json_agg(json_build": ProgramOutput(code, b"", b"refused")})
        assert missing(made) == {"databases of db": Gap.UNKNOWN}
        assert made.volume("held").cover is Cover.UNKNOWN
        assert not made.servers[0].listed

    def test_a_volume_without_the_server_s_data_is_unknown(self, project: Path) -> None:
        elsewhere = ProgramOutput(0, b'{"data": "/srv/postgres"}', b"")
        made = self.made(project, data_directory=elsewhere)
        assert missing(made) == {"volume held": Gap.UNKNOWN}

    def test_a_server_that_does_not_answer_affects_nothing_else(self, project: Path) -> None:
        made = self.made(project, **{"command -v": ProgramOutput(-1, b"", b"")})
        assert missing(made) == {"db": Gap.UNKNOWN}
        assert "data/pixels.db" in held(made)
        assert made.volume("held").cover is Cover.UNKNOWN


class TestRoles:
    DUMPED = (
        "CREATE ROLE pixel;\nALTER ROLE pixel WITH SUPERUSER PASSWORD 'SCRAM-SHA-256$1:a=$b:c=';\n"
        'CREATE ROLE "read er";\nALTER ROLE "read er" WITH NOLOGIN;\n'
        'GRANT pg_read_all_data TO "read er" WITH INHERIT TRUE GRANTED BY pixel;\n'
    )

    def test_only_missing_roles_are_created(self) -> None:
        made = missing_roles(self.DUMPED, {"pixel"})
        assert [line.split()[0] for line in made] == ["CREATE", "ALTER", "GRANT"]
        assert all('"read er"' in line for line in made)

    @pytest.mark.parametrize(
        "line",
        [
            "DROP DATABASE agent;",
            "CREATE ROLE x; DROP DATABASE agent;",
            "CREATE ROLE x \\! touch /tmp/x;",
            "\\! touch /tmp/x",
            "COPY t TO PROGRAM 'touch /tmp/x';",
            "CREATE ROLE x\\;",
        ],
    )
    def test_nothing_else_in_the_file_is_executed(self, line: str) -> None:
        assert missing_roles(f"{line}\n", set()) == []
