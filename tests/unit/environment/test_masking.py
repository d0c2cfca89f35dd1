"""Secrets of environment files are masked in logs before anyone opens the files."""

import os
from pathlib import Path
from types import ModuleType

import pytest

from pixel_tui.backups import __main__ as backups
from pixel_tui.cli import main
from pixel_tui.environment import __main__ as environment
from pixel_tui.environment.checks.masking import learn_secrets, remember_secrets
from pixel_tui.ledger import __main__ as ledger
from pixel_tui.redaction.known import mask_known
from pixel_tui.stack.compose.command import ComposeCommand

FIRST = """
DB_PASS='Fake-S3cret,one'   # not this: Fake-C0mment
COMMON="$DB_PASS-and-more"
APP_TOKEN=${BASE}-T0ken
PORT=8080
GREETING="Hello, W0rld-of-ours"
DATABASE_URL=postgres://app:Fake-UrlPass1@db/app
#OLD_TOKEN=Fake-Old-T0ken
"""


def masked(*words: str) -> list[bool]:
    return [mask_known(word.encode()) == b"********" for word in words]


def test_the_secrets_of_all_files_are_masked(tmp_path: Path) -> None:
    paths = [tmp_path / "missing", tmp_path / ".env", tmp_path / "more.env"]
    paths[1].write_text(FIRST)
    paths[2].write_text("OTHER_SECRET=$DB_PASS-too\n")
    remember_secrets(paths, {"BASE": "Fake"})
    assert all(masked("Fake-S3cret,one", "Fake-T0ken", "Fake-UrlPass1", "Fake-S3cret,one-too"))
    assert not any(masked("8080", "Hello, W0rld-of-ours", "Fake-Old-T0ken", "Fake-C0mment"))


def test_secrets_that_compose_may_expand_are_masked(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DB_PASS=Fake-S3cret,one\n")
    (tmp_path / "api.env").write_text("API_TOKEN=Fake-T0ken,two\n")
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x, env_file: api.env}}\n")
    command = ComposeCommand(directory=str(tmp_path))
    learn_secrets(command, {"GH_TOKEN": "Fake-T0ken,three", "GREETING": "Fake-Hell0,four"})
    assert all(masked("Fake-S3cret,one", "Fake-T0ken,two", "Fake-T0ken,three"))
    assert not any(masked("Fake-Hell0,four"))


NOWHERE = "unix:///nowhere/docker.sock"


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["doctor"],
        ["plan", "restart", "a"],
        ["run", "--yes", "restart", "a"],
        ["backup", "list"],
        ["env", "check"],
        ["env", "get", "A"],
        ["logs"],
        ["ledger", "list"],
    ],
)
def test_every_command_masks_secrets_before_it_shows_text_from_outside(
    command: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DB_PASS=Fake-S3cret,one\n")
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x}}\n")
    main([*command, "-C", str(tmp_path), "--host", NOWHERE])
    assert masked("Fake-S3cret,one") == [True]


@pytest.mark.parametrize(
    ("worker", "words"),
    [
        (backups, ["verify", "x", "--project", "x"]),
        (environment, ["save", "x", "--project", "x"]),
        (ledger, ["unlock"]),
    ],
)
def test_every_worker_masks_secrets_too(
    worker: ModuleType, words: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DB_PASS=Fake-S3cret,one\n")
    worker.main([*words, "--directory", str(tmp_path)])
    assert masked("Fake-S3cret,one") == [True]


def test_an_unreadable_file_is_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paths = [tmp_path / "pipe", tmp_path, tmp_path / ".env"]
    os.mkfifo(paths[0])
    paths[2].write_text("DB_PASS=Fake-S3cret,one\n")
    remember_secrets(paths, {})
    assert masked("Fake-S3cret,one") == [True]
    assert "pipe can't be read, and are not masked" in caplog.text


def test_folders_and_user_names_are_not_masked(tmp_path: Path) -> None:
    folder = tmp_path / "pixelsecret"
    folder.mkdir()
    (folder / ".env").write_text(
        "DB_PASSWORD=pixelsecret\nADMIN_PASSWORD=dragonfly\nAPI_TOKEN=hunter22\nDB_USER=dragonfly\n"
    )
    remember_secrets([folder / ".env"], {})
    assert masked("pixelsecret", "dragonfly", "hunter22") == [False, False, True]
