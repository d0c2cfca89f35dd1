"""Arguments that a command has no use for, and a command that has nothing to show."""

from pathlib import Path

import pytest

from pixel_tui.cli import main


@pytest.mark.parametrize(
    ("words", "only"),
    [
        (("verify", "--task", "x"), "`ledger add` only"),
        (("retry", "3f9c21ab", "--with-context", "x"), "`ledger add` only"),
        (("verify", "--status", "failed"), "`ledger list` only"),
        (("show", "3f9c21ab", "--grep", "x"), "`ledger list` only"),
    ],
)
def test_an_option_of_another_ledger_command_is_refused(
    words: tuple[str, ...], only: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", *words]) == 2
    assert only in capsys.readouterr().err


def test_an_empty_audit_trail_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert main(["audit"]) == 0
    assert capsys.readouterr().out == "No change has been recorded yet.\n"
    assert main(["audit", "--json"]) == 0
    assert capsys.readouterr().out == ""
