"""What is secret in environment files is masked in logs before anybody opens them."""

import os
from pathlib import Path

import pytest

from pixel_tui.environment.masking import remember_secrets
from pixel_tui.known_secrets import mask_known

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


def test_the_secrets_of_all_files_are_known(tmp_path: Path) -> None:
    paths = [tmp_path / "missing", tmp_path / ".env", tmp_path / "more.env"]
    paths[1].write_text(FIRST)
    paths[2].write_text("OTHER_SECRET=$DB_PASS-too\n")
    remember_secrets(paths, {"BASE": "Fake"})
    assert all(masked("Fake-S3cret,one", "Fake-T0ken", "Fake-UrlPass1", "Fake-S3cret,one-too"))
    assert not any(masked("8080", "Hello, W0rld-of-ours", "Fake-Old-T0ken", "Fake-C0mment"))


def test_a_file_that_can_not_be_read_keeps_nothing_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    paths = [tmp_path / "pipe", tmp_path, tmp_path / ".env"]
    os.mkfifo(paths[0])
    paths[2].write_text("DB_PASS=Fake-S3cret,one\n")
    remember_secrets(paths, {})
    assert masked("Fake-S3cret,one") == [True]
    assert "pipe are not known" in caplog.text


def test_the_folder_and_the_names_in_a_file_are_left_readable(tmp_path: Path) -> None:
    folder = tmp_path / "pixelsecret"
    folder.mkdir()
    (folder / ".env").write_text(
        "DB_PASSWORD=pixelsecret\nADMIN_PASSWORD=dragonfly\nAPI_TOKEN=hunter22\nDB_USER=dragonfly\n"
    )
    remember_secrets([folder / ".env"], {})
    assert masked("pixelsecret", "dragonfly", "hunter22") == [False, False, True]
