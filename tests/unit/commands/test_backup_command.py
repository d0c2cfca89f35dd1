"""`pixel-tui backup` without an engine."""

from pathlib import Path

import pytest

from pixel_tui import cli


@pytest.mark.parametrize(
    ("backup_id", "command"), [((), "backup now"), (("20260301-120000",), "backup list")]
)
def test_a_missing_backup_has_a_command_for_its_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], backup_id: tuple[str, ...], command: str
) -> None:
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    words = ["-C", str(tmp_path), "--host", f"unix://{tmp_path}/none.sock"]
    assert cli.main(["backup", "verify", *backup_id, *words]) == 2
    assert f" -C {tmp_path} {command}`." in capsys.readouterr().err
