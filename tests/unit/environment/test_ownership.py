"""Files of somebody else, and the commands that give them back."""

from pathlib import Path

import pytest

from pixel_tui.environment.storage.ownership import (
    is_open_to_others,
    ownership_repair,
    privacy_repair,
    who_may_read,
)


def test_the_repair_needs_docker_and_no_sudo() -> None:
    repair = ownership_repair(Path("/home/pixel/pixel/.env"), 1000, 1000)
    assert repair.command == (
        "docker run --rm -v /home/pixel/pixel:/data alpine chown 1000:1000 /data/.env"
    )
    assert repair.hint == f"Run: {repair.command}"


def test_a_folder_is_given_back_itself() -> None:
    repair = ownership_repair(Path("/home/pixel/pixel"), 1, 2, is_folder=True)
    assert repair.command == "docker run --rm -v /home/pixel/pixel:/data alpine chown 1:2 /data"


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("/my stack", "-v '/my stack:/data'"),
        ("/a:b", "--mount 'type=bind,\"source=/a:b\",target=/data'"),
        ('/a:"b,c', '--mount \'type=bind,"source=/a:""b,c",target=/data\''),
    ],
)
def test_odd_names_reach_docker_as_they_are(folder: str, words: str) -> None:
    assert words in ownership_repair(Path(folder) / ".env", 1000, 1000).command


def test_a_file_is_closed_to_others_by_one_command() -> None:
    assert privacy_repair(Path("/my stack/.env")).command == "chmod 600 '/my stack/.env'"


@pytest.mark.parametrize(
    ("mode", "is_open"), [(0o600, False), (0o660, False), (0o604, True), (0o602, True)]
)
def test_open_is_what_a_stranger_may_read_or_change(mode: int, is_open: bool) -> None:
    assert is_open_to_others(mode) is is_open


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (0o600, "It belongs to root, and only root can read it"),
        (0o640, "It belongs to root, and the group root can read it"),
        (0o644, "It belongs to root, and everyone can read it"),
    ],
)
def test_who_may_read_is_told_by_name(mode: int, words: str) -> None:
    assert who_may_read(mode, 0, 0) == words


def test_a_user_without_a_name_is_a_number() -> None:
    assert "user 54321" in who_may_read(0o600, 54321, 54321)
    assert "group 54321" in who_may_read(0o640, 0, 54321)
