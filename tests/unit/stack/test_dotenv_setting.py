"""Compose's own settings in a `.env`."""

import os
from pathlib import Path

import pytest

from pixel_tui.stack.compose.dotenv_setting import read_settings


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("COMPOSE_FILE=a.yml", "a.yml"),
        ("COMPOSE_FILE=a.yml # note", "a.yml"),
        ("COMPOSE_FILE=a#b.yml", "a#b.yml"),
        ("# COMPOSE_FILE=b.yml\n export COMPOSE_FILE = 'a.yml:b.yml'", "a.yml:b.yml"),
        ("COMPOSE_FILE: a.yml\r\n", "a.yml"),
        ('D=x\nCOMPOSE_FILE="${D}/a.yml:${E:-e}.yml:${F-f}:$D"', "x/a.yml:e.yml:f:x"),
        ("D=x\nCOMPOSE_FILE='${D}'", "${D}"),
        ("COMPOSE_FILE=a.yml\nCOMPOSE_FILE=b.yml", "b.yml"),
        ("X='\nCOMPOSE_FILE=no.yml\n'\nCOMPOSE_FILE=a.yml", "a.yml"),
        ('D=x\nCOMPOSE_FILE="a\\"b\\$D\\\\${D}"', 'a"b$D\\x'),
        ('COMPOSE_FILE="a\\nb\\q"', "a\nb\\q"),
        ("OTHER_COMPOSE_FILE=a.yml", None),
    ],
)
def test_a_setting_is_read_as_compose_reads_it(
    tmp_path: Path, content: str, wanted: str | None
) -> None:
    (tmp_path / ".env").write_bytes(content.encode())
    assert read_settings([tmp_path / ".env"], {}).get("COMPOSE_FILE") == wanted


def test_variables_of_the_process_take_precedence(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("A=1\nB=${A}\n")
    (tmp_path / "two").write_text("A=2\n")
    found = read_settings([tmp_path / "one", tmp_path / "two"], {"A": "own"})
    assert (found["A"], found["B"]) == ("own", "own")
    assert read_settings([tmp_path / "one", tmp_path / "two"], {})["A"] == "2"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    assert read_settings([tmp_path / ".env"], {"A": "1"}) == {"A": "1"}
