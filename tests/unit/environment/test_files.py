"""Several environment files: which one is in effect, which one is edited, and the messages."""

import json
import os
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from pixel_tui import cli
from pixel_tui.commands import env_set
from pixel_tui.commands.env_choice import file_in_effect, read_files
from pixel_tui.environment.apply.confirmation import Confirmation
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase
from pixel_tui.environment.checks.layers import SINGLE_FILE, Layers, short_names
from pixel_tui.environment.checks.overview import KeyRow, Overview
from pixel_tui.environment.dotenv.assignment import without_key
from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.live.source import live_environment
from pixel_tui.environment.storage.staging import Staging, digest
from pixel_tui.errors import OperationError
from pixel_tui.facts.environment import EnvironmentFactReader
from pixel_tui.settings import Settings
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.snapshot import EngineStatus, StackSnapshot
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS
from pixel_tui.stack.programs.process_mark import mark_of
from pixel_tui.text import SafeText, plain
from tests.builders.environment_cases import check_text
from tests.builders.sessions import session
from widgets.rows.environment_row import layer, state_words

BASE = b"SHARED=base\nONLY_BASE=1\n"
PROD = b"ABOVE=${SHARED}\nSHARED=prod\nBELOW=${SHARED}\nONLY_PROD=${ONLY_BASE}2\n"
LAST = b"LATE=1\n"
NOTHING = StackSnapshot(EngineStatus(plain("x"), plain("x")))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files, and a shell that has no program at all."""
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COMPOSE_ENV_FILES", "base.env,prod.env,last.env")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    for name, content in (("base", BASE), ("prod", PROD), ("last", LAST)):
        (tmp_path / f"{name}.env").write_bytes(content)
        (tmp_path / f"{name}.env").chmod(0o600)
    return tmp_path


def run(*words: str) -> int:
    return cli.main(["env", *words])


# Getting.


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["SHARED"], b"prod\n"),
        (["ONLY_BASE"], b"1\n"),
        (["ONLY_PROD"], b"12\n"),
        (["SHARED", "--in", "base.env"], b"base\n"),
        (["ONLY_PROD", "--in", "prod.env"], b"12\n"),
        (["ABOVE"], b"base\n"),
        (["BELOW"], b"prod\n"),
    ],
)
def test_get_reads_the_last_file_that_sets_a_key_or_a_chosen_one(
    files: Path, words: list[str], printed: bytes, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("get", *words) == 0
    assert capsysbinary.readouterr().out == printed


def test_options_give_the_files_in_order(
    files: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run("get", "SHARED", "--env-file", "prod.env", "--env-file", "base.env") == 0
    assert capsysbinary.readouterr().out == b"base\n"


def test_a_missing_key_is_reported_with_the_file(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("get", "ONLY_BASE", "--in", "last.env") == 1
    assert f"has no value in {files / 'last.env'}." in capsys.readouterr().err
    assert run("get", "NOWHERE") == 1
    assert str(files / "base.env") in capsys.readouterr().err


def test_a_file_that_compose_does_not_read_is_refused(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "other.env").write_bytes(BASE)
    assert run("get", "SHARED", "--in", "other.env") == 2
    assert str(files / "prod.env") in capsys.readouterr().err


# Setting.


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What would be saved; each time as the operation that saves finds it."""
    found: list[bytes] = []

    def instead(arguments: object, _environment: object) -> int:
        (staged,) = Path("state/pixel-tui/environment/staged").rglob("*.env")
        found.append(staged.read_bytes())
        return 0

    monkeypatch.setattr(env_set, "run_action", instead)
    return found


def set_to(value: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(value.encode())))
    return run("set", *words)


@pytest.mark.parametrize(
    ("words", "name", "content"),
    [
        (["SHARED"], "prod.env", PROD.replace(b"prod", b"new")),
        (["ONLY_BASE"], "base.env", BASE.replace(b"1", b"new")),
        (["BRAND_NEW"], "last.env", LAST + b"BRAND_NEW=new\n"),
        (["SHARED", "--in", "base.env"], "base.env", BASE.replace(b"=base", b"=new")),
    ],
)
def test_set_edits_the_file_in_effect_and_reports_it(
    files: Path,
    saved: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    name: str,
    content: bytes,
) -> None:
    assert set_to("new", monkeypatch, *words) == 0
    out, err = capsys.readouterr()
    assert saved == [content]
    assert f"is saved in {files / name}" in out
    assert ("overrides it" in err) == ("--in" in words)


def test_a_key_is_removed_from_the_file_in_effect(
    files: Path, saved: list[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("unset", "SHARED") == 0
    assert saved == [PROD.replace(b"SHARED=prod\n", b"")]
    assert f"removed from {files / 'prod.env'}" in capsys.readouterr().out
    assert run("unset", "NOWHERE") == 0
    assert "is not set" in capsys.readouterr().out
    assert run("unset", "SHARED", "--read-only") == 2


@pytest.mark.parametrize(
    ("words", "by"),
    [
        (["SHARED"], "base.env"),
        (["SHARED", "--in", "base.env"], "prod.env"),
        (["SHARED", "--in", "last.env"], "prod.env"),
        (["ONLY_PROD"], ""),
    ],
)
def test_a_removed_key_that_another_file_sets_is_reported(
    files: Path, saved: list[bytes], capsys: pytest.CaptureFixture[str], words: list[str], by: str
) -> None:
    assert run("unset", *words) == 0
    assert capsys.readouterr().err == (f"pixel-tui: SHARED is still set by {by}.\n" if by else "")


def test_a_bare_key_in_a_later_file_has_no_value(
    files: Path, saved: list[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "last.env").write_bytes(b"ONLY_BASE\n")
    assert run("unset", "ONLY_BASE", "--in", "base.env") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("words", [["get"], ["set", "--empty"], ["unset"]])
def test_an_exported_key_is_reported_to_override_the_files(
    files: Path,
    saved: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    monkeypatch.setenv("SHARED", "shell")
    assert run(*words, "SHARED") == 0
    assert "This shell exports SHARED" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["set", "SHARED", "--empty"], ["unset", "SHARED"]])
def test_without_an_environment_file_nothing_is_edited(
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    def refuse(*_: object) -> int:
        raise OperationError("Compose refuses it.")

    monkeypatch.setattr(env_set, "run_action", refuse)
    assert run(*words) == 2
    told = "pixel-tui: Compose refuses it.\npixel-tui: Nothing was changed.\n"
    assert "".join(capsys.readouterr()) == told


@pytest.mark.parametrize(
    "words", [["get", "LATE"], ["set", "SHARED"], ["unset", "SHARED"], ["impact", "prod.env"]]
)
def test_a_missing_file_is_reported_by_its_name(
    files: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (files / "last.env").rename(files / "last.env.example")
    assert run(*words) == 2
    err = capsys.readouterr().err
    assert f"No such environment file: {files / 'last.env'}." in err
    assert "cp last.env.example last.env" in err


def test_every_line_of_a_key_is_removed() -> None:
    assert without_key(b"A=1\nB=2\n#A=0\nA=3\n", "A", WITHOUT_OPTIONS) == b"B=2\n#A=0\n"


# Checking.


def test_every_file_is_checked(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "base.env").write_bytes(b"BAD KEY=1\n")
    assert run("check") == 1
    out = capsys.readouterr().out
    assert f"{files / 'base.env'}:1: error" in out
    for name in ("base", "prod", "last"):
        assert f"{files / name}.env: " in out
    assert run("check", "last.env") == 0
    assert "base.env" not in capsys.readouterr().out


def test_a_file_that_compose_refuses_comes_first(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "last.env").write_bytes(b"BAD KEY=1\n")
    assert run("check") == 1
    assert capsys.readouterr().out.startswith(f"{files / 'last.env'}:1: error")


def test_several_files_are_printed_as_one_object_per_line(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("check", "--json")
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(item["file"]).name for item in found] == ["base.env", "prod.env", "last.env"]


def test_a_missing_file_is_not_reported_for_another(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compose = files / "none" / "docker-compose"
    compose.write_text('#!/bin/sh\necho "couldn\'t find env file" >&2\nexit 1\n')
    compose.chmod(0o755)
    (files / "last.env").unlink()
    assert run("check") == 2
    out, err = capsys.readouterr()
    assert "error" not in out
    assert f"No such environment file: {files / 'last.env'}." in err


# What is said of the keys.


def overview_of(files: Path, name: str) -> Overview:
    command = ComposeCommand(
        compose=("no-such-compose",),
        directory=str(files),
        env_files=tuple(str(files / f"{item}.env") for item in ("base", "prod", "last")),
    )
    access = live_environment(
        command.editing(files / name),
        session(Settings(read_only=True), {"PATH": ""}, files / "state"),
    )
    opened = access.source.read()
    assert access.source.path == files / name
    found = opened.examine(DotenvDocument.parse(opened.data or b""))
    for row in found.rows:
        one = opened.examine_key(DotenvDocument.parse(opened.data or b""), row.key)
        assert one is not None
        assert (one.overridden_by, one.overrides) == (row.overridden_by, row.overrides)
    return found


def rows_of(files: Path, name: str) -> dict[str, KeyRow]:
    return {str(row.key): row for row in overview_of(files, name).rows}


def test_a_key_has_the_files_that_override_it_or_that_it_overrides(files: Path) -> None:
    base, prod = rows_of(files, "base.env"), rows_of(files, "prod.env")
    assert layer(base["SHARED"]) == "overridden by prod.env"
    assert state_words(base["SHARED"])[0] == "↓ overridden"
    assert layer(base["ONLY_BASE"]) == ""
    assert layer(prod["SHARED"]) == "overrides base.env"
    assert state_words(prod["SHARED"])[0] == "↑ overrides"
    assert [prod[key].effective for key in ("ABOVE", "BELOW", "ONLY_PROD")] == [
        "base",
        "prod",
        "12",
    ]


def test_a_removed_file_is_reported_and_overrides_nothing(files: Path) -> None:
    (files / "prod.env").unlink()
    assert layer(rows_of(files, "base.env")["SHARED"]) == ""


def test_an_unused_value_has_no_findings() -> None:
    found = check_text("SITE_NAME=your_site_here\n")
    assert any(item.key == "SITE_NAME" for item in found.findings)
    later = Layers(later={"SITE_NAME": SafeText("b.env")}, last=False).annotate_all(found)
    assert not any(item.key == "SITE_NAME" for item in later.findings)
    assert all(not row.findings for row in later.rows if row.key == "SITE_NAME")
    assert SINGLE_FILE.annotate_all(found) is found


def test_files_of_the_same_name_are_shown_with_their_folders() -> None:
    paths = [Path("/a/.env"), Path("/b/.env"), Path("/b/x.env")]
    assert short_names(paths) == ["/a/.env", "/b/.env", "x.env"]


def test_a_bare_key_is_in_effect_nowhere() -> None:
    contents = {Path("a"): b"A=1\n", Path("b"): b"#A=2\n"}
    found = file_in_effect("A", read_files(list(contents), {}, contents.__getitem__))
    assert found is not None
    assert found.path == Path("a")


# The command.


def test_each_edited_file_has_its_own_key() -> None:
    command = ComposeCommand(directory="/srv", env_files=("/srv/.env", "/srv/prod.env"))
    first, last = command.each_edited
    assert (first.edited_env, first.env_mark) == (Path("/srv/.env"), Path("/srv"))
    assert (last.edited_env, last.edited) == (Path("/srv/prod.env"), "")
    assert command.editing("/srv/other.env") == command
    assert ComposeCommand(directory="/srv").each_edited == (ComposeCommand(directory="/srv"),)


# What plans know.


def test_a_plan_has_the_candidates_of_each_file(tmp_path: Path) -> None:
    command = ComposeCommand(
        compose=("no-such-compose",),
        directory=str(tmp_path),
        env_files=(str(tmp_path / ".env"), str(tmp_path / "prod.env")),
    )
    state = tmp_path / "state"
    ids = []
    for each in command.each_edited:
        each.edited_env.write_bytes(b"A=1\n")
        staging = Staging(state, each.env_mark, each.edited)
        ids.append(staging.stage(b"A=2\n", base=digest(b"A=1\n")))
        assert staging.read(ids[-1]) == b"A=2\n"
    assert ids[0] != ids[1]
    facts = EnvironmentFactReader(command, {"PATH": ""}, state, 1.0).read(NOTHING)
    assert [Path(item.path).name for item in facts.all_files] == ["prod.env", ".env"]
    assert [item.edited for item in facts.all_files] == ["", str(tmp_path / ".env")]
    assert [item.candidates[0].id for item in facts.all_files] == [ids[1], ids[0]]


def test_a_waiting_apply_is_found_for_any_file(tmp_path: Path) -> None:
    marks = [tmp_path, tmp_path / "prod.env"]
    waits = ApplyState(Phase.WAITING, "", "pixel", "a", "b", process=mark_of(os.getpid()))
    ApplyFiles(tmp_path / "state", marks[1]).write(waits)
    assert Confirmation(tmp_path / "state", marks[0]).waiting() is None
    confirmation = Confirmation(tmp_path / "state", *marks)
    assert confirmation.waiting() is not None
    assert confirmation.confirm()
    assert ApplyFiles(tmp_path / "state", marks[1]).is_confirmed(waits.token)
    assert not confirmation.confirm()
