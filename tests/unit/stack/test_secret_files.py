"""The contents of compose's secret files are masked everywhere."""

import os
import stat
from pathlib import Path

import pytest

from pixel_tui.redaction.redactor import redact
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.compose.project import ComposeProject
from pixel_tui.stack.compose.secret_files import MAX_BYTES, SecretFiles, secrets_in
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.stack.model.source import ResolvedProject
from tests.own_threads import own_threads

VALUE = "fake-Passw0rd-of-a-file"
OTHER = "fake-Passw0rd-of-tomorrow"
PATIENCE = 10.0


def config(*paths: Path) -> JsonObject:
    """A project with a secret for each of these files."""
    return {"secrets": {f"s{at}": {"file": str(path)} for at, path in enumerate(paths)}}


def read(*paths: Path) -> SecretFiles:
    files = SecretFiles()
    files.start_reading(config(*paths))
    files.wait(PATIENCE)
    return files


def written(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def test_the_content_of_a_secret_file_is_masked(tmp_path: Path) -> None:
    path = written(tmp_path / "db_password", f"{VALUE}\n")
    assert VALUE in redact(f"login failed with {VALUE}")
    read(path)
    assert VALUE not in redact(f"login failed with {VALUE}")


def test_a_simple_value_is_masked_as_a_word(tmp_path: Path) -> None:
    read(written(tmp_path / "db_password", "hunter22\n"))
    assert redact("with hunter22, xhunter22") == "with ********, xhunter22"


def test_a_short_value_is_not_masked(tmp_path: Path) -> None:
    read(written(tmp_path / "user", "postgres\n"), written(tmp_path / "empty", ""))
    assert redact("service postgres is up") == "service postgres is up"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "db_password", VALUE)
    files = read(path)
    written(tmp_path / "new", OTHER).replace(path)
    files.refresh()
    files.wait(PATIENCE)
    assert OTHER not in redact(f"with {OTHER}")


@pytest.mark.parametrize("kind", ["pipe", "folder", "missing", "large", "bytes", "nowhere"])
def test_large_binary_or_missing_files_are_skipped(tmp_path: Path, kind: str) -> None:
    odd = tmp_path / "odd"
    if kind == "pipe":
        os.mkfifo(odd)
        assert stat.S_ISFIFO(odd.stat().st_mode)
    elif kind == "folder":
        odd.mkdir()
    elif kind == "large":
        odd.write_bytes(OTHER.encode() + b"x" * MAX_BYTES)
    elif kind == "bytes":
        odd.write_bytes(b"\xff\xfe" + OTHER.encode())
    path = written(tmp_path / "db_password", VALUE)
    read(Path("no\0where") if kind == "nowhere" else odd, path)
    assert VALUE not in redact(f"with {VALUE}")
    assert OTHER in redact(f"with {OTHER}")


def test_only_files_named_by_compose_are_read(tmp_path: Path) -> None:
    files = SecretFiles()
    files.start_reading(
        {"secrets": {"a": {"environment": "A"}, "b": {"external": True}, "c": None}}
    )
    files.start_reading({"secrets": {"d": {"file": "relative"}}})
    files.start_reading({})
    files.wait(PATIENCE)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", set()),
        ("one line with blanks", {"one line with blanks"}),
        ("first-Line1\nwith blanks\n", {"first-Line1\nwith blanks", "first-Line1"}),
        ("[clients]\nswordfish", {"[clients]\nswordfish", "swordfish"}),
        ("DB_PASSWORD='in quotes1'", {"DB_PASSWORD='in quotes1'", "in quotes1"}),
        ("user: x\npassword: p1", {"user: x\npassword: p1", "p1"}),
        (
            '{"type": "account", "keys": [{"private_key": "k1"}]}',
            {'{"type": "account", "keys": [{"private_key": "k1"}]}', "k1"},
        ),
    ],
)
def test_lines_and_values_of_secret_keys_are_masked_separately(text: str, found: set[str]) -> None:
    assert set(secrets_in(text.strip())) == found


def test_each_line_of_a_pem_key_is_masked_but_not_its_headings() -> None:
    lines = ["MIIFakeFakeFakeFake0", "FakeFakeFakeFakeFak1"]
    text = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])
    assert set(secrets_in(text)) == {text, *lines}


def test_secret_files_are_read_with_the_hashes(tmp_path: Path) -> None:
    program = tmp_path / "compose"
    program.write_text("#!/bin/sh\ncat > /dev/null\n")
    program.chmod(0o755)
    command = ComposeCommand(compose=(str(program),), directory=str(tmp_path))
    project = ComposeProject(command, {"PATH": os.defpath})
    path = written(tmp_path / "db_password", VALUE)
    project.fingerprint()
    assert VALUE in redact(f"with {VALUE}")
    resolved = ResolvedProject(config(path), frozenset(), str(tmp_path))
    project.hashes(resolved)
    assert VALUE not in redact(f"with {VALUE}")
    written(tmp_path / "new", OTHER).replace(path)
    project.fingerprint()
    for thread in own_threads("secret-files"):
        thread.join(PATIENCE)
    assert OTHER not in redact(f"with {OTHER}")
