"""Files of other users, and the commands that change their owner."""

from pathlib import Path

import pytest

from pixel_tui.environment.storage.ownership import (
    describe_access,
    ownership_repair,
)


def test_the_repair_needs_docker_and_no_sudo() -> None:
    repair = ownership_repair(Path("/home/pixel/pixel/.env"), 1000, 1000)
    assert repair.command == (
        "docker run --rm -v /home/pixel/pixel:/data alpine chown 1000:1000 /data/.env"
    )
    assert repair.hint == f"Run: {repair.command}"


def test_a_folder_itself_is_changed() -> None:
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
def test_special_names_are_passed_to_docker_unchanged(folder: str, words: str) -> None:
    assert words in ownership_repair(Path(folder) / ".env", 1000, 1000).command


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (0o600, "It belongs to root, and only root can read it"),
        (0o640, "It belongs to root, and the group root can read it"),
        (0o644, "It belongs to root, and everyone can read it"),
    ],
)
def test_access_is_described_by_name(mode: int, words: str) -> None:
    assert describe_access(mode, 0, 0) == words


def test_a_user_without_a_name_is_shown_by_number() -> None:
    assert "user 54321" in describe_access(0o600, 54321, 54321)
    assert "group 54321" in describe_access(0o640, 0, 54321)
