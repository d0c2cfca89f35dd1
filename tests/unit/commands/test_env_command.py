"""`pixel-tui env`, without Docker and compose."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from io import BytesIO, TextIOWrapper
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixel_tui import cli
from pixel_tui.commands import env_set
from pixel_tui.commands.env_output import as_json, as_text, is_clean
from pixel_tui.environment.apply.state import ApplyFiles, ApplyState, Phase
from pixel_tui.environment.checks.file_facts import FileFacts, GitState
from pixel_tui.environment.dotenv.assignment import with_value, without_key
from pixel_tui.environment.dotenv.quoting import Unwritable
from pixel_tui.environment.storage.staging import digest
from pixel_tui.errors import EngineUnreachable, UsageError
from pixel_tui.settings import state_folder
from pixel_tui.stack.compose.command import ComposeCommand
from pixel_tui.stack.model.container import Container
from pixel_tui.stack.model.snapshot import StackSnapshot
from pixel_tui.stack.model.source import ProjectLocation
from pixel_tui.stack.model.typed_commands import WITHOUT_OPTIONS
from pixel_tui.stack.programs.git_files import GitFile, git_file
from pixel_tui.text import is_harmless
from tests.builders.actions import STARTED, container, exited, spec, stack
from tests.builders.environment_cases import check_text, pixel_uses, use

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "env.schema.json").read_text())
SECRET = "k3J9sLq0ZpX7vB2nM5tR8wY1"
MIXED = f"""\
A_TOKEN={SECRET}
NAME='it is'
TWICE=1
TWICE=2
CUT=x$y
#OFF=1
SITE_NAME=your_site_here
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an environment file, and a shell without any program."""
    (tmp_path / "none").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(MIXED)
    (tmp_path / ".env").chmod(0o600)
    return tmp_path


def run(*words: str) -> int:
    return cli.main(["env", *words])


def test_a_named_project_is_found_by_its_containers(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = project / "elsewhere"
    folder.mkdir()
    (folder / "compose.yaml").write_text("services: {}\n")
    (folder / ".env").write_text("NAME=of the other\n")
    place = ProjectLocation(str(folder), (str(folder / "compose.yaml"),))
    monkeypatch.setattr("pixel_tui.stack.compose.places.find_location", lambda *_: place)
    assert run("get", "NAME", "--project-name", "other") == 0
    assert capsysbinary.readouterr().out == b"of the other\n"


# Checking.


def test_each_problem_is_reported_with_its_line_and_a_hint(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check") == 1
    out, err = capsys.readouterr()
    path = project / ".env"
    assert f"{path}:3: warning: TWICE: The key is set again on line 4" in out
    assert "    -> Remove one of the lines." in out
    assert out.splitlines()[-1] == "5 keys: 3 warnings."
    assert "The readers of the keys are unknown." in err


def test_a_file_without_problems_is_clean(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "other.env").write_text("NAME=x\n")
    assert run("check", "other.env") == 0
    assert capsys.readouterr().out == "1 key: nothing is wrong.\n"


def test_a_file_with_only_remarks_is_clean(project: Path) -> None:
    (project / ".env.example").write_text("OTHER=\n")
    (project / ".env").write_text("NAME=x\n")
    assert run("check") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "nothing.env"], "No such environment file"),
        (["check", "."], "folder, not a file"),
        (["get", "A_TOKEN"], "No such environment file"),
    ],
)
def test_an_unreadable_file_is_an_error(
    project: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".env").unlink()
    assert run(*words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", [".env.example", "example.env", ".env-sample", ".env.prod.example", "env.template"]
)
def test_a_missing_file_has_a_hint_to_copy_the_example(
    project: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".env").unlink()
    assert run("get", "A_TOKEN") == 2
    others = "For another project use -C, for another file --env-file."
    hint = f"pixel-tui: Create it: `pixel-tui env set KEY`. {others}\n"
    assert capsys.readouterr().err.endswith(hint)
    (project / name).write_text("A_TOKEN=x\n")
    for words in (["get", "A_TOKEN"], ["impact"]):
        assert run(*words) == 2
        hint = f"pixel-tui: Copy the example: `cp {name} .env`, then fill it in. {others}\n"
        assert capsys.readouterr().err.endswith(hint)


def test_the_hint_to_create_a_missing_file_has_the_options_of_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project / "the shop"
    folder.mkdir()
    (folder / "compose.yaml").touch()
    assert run("get", "A_TOKEN", "-C", str(folder)) == 2
    assert f"Create it: `pixel-tui -C '{folder}' env set KEY`." in capsys.readouterr().err
    (folder / ".env.example").touch()
    assert run("get", "A_TOKEN", "-C", str(folder)) == 2
    assert f"`cp '{folder}/.env.example' '{folder}/.env'`" in capsys.readouterr().err
    assert run("check", "nothing.env") == 2
    assert capsys.readouterr().err.endswith("pixel-tui: Check the path.\n")


def test_the_json_matches_its_schema_and_has_no_values(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", "--json") == 1
    out = capsys.readouterr().out
    said = json.loads(out)
    jsonschema.validate(said, SCHEMA)
    assert SECRET not in out
    token = next(entry for entry in said["entries"] if entry["key"] == "A_TOKEN")
    assert (token["line"], token["state"], token["secret"]) == (1, "set", True)
    name = next(entry for entry in said["entries"] if entry["key"] == "NAME")
    assert name["effective_sha256"] == hashlib.sha256(b"it is").hexdigest()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.text(alphabet="qjxzQJXZ$'\"# \\", min_size=9, max_size=40).map("B_SECRET={}".format),
        ),
        max_size=6,
    )
)
def test_any_file_gives_valid_json_without_secrets(lines: list[str]) -> None:
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    seen = check_text(
        text,
        example="HTTP_PORT=80\n",
        uses=pixel_uses(TAG=(use("api", "image", required=True),)),
        facts=FileFacts(mode=0o666, git=GitState.TRACKED),
    )
    said = json.dumps(as_json(Path("/p/.env"), seen))
    jsonschema.validate(json.loads(said), SCHEMA)
    words = as_text(Path("/p/.env"), seen)
    for row in seen.rows:
        if row.key == "B_SECRET":
            for value in (row.written.strip(), (row.effective or "").strip()):
                own = set("qjxzQJXZ") & set(value)  # nothing that a text might say by chance
                named = any(value in other.key for other in seen.rows)  # a line of only that
                assert len(own) < 3 or named or (value not in said and value not in words)
    assert is_clean(seen) is not any(item.level.value != "info" for item in seen.findings)


# Reading one key.


def test_the_value_is_printed_as_compose_reads_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("get", "NAME") == 0
    assert capsys.readouterr().out == "it is\n"
    assert run("get", "A_TOKEN") == 0
    assert capsys.readouterr().out == f"{SECRET}\n"


def test_a_key_without_a_value_is_reported(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("get", "OFF") == 1
    assert capsys.readouterr().out == ""


def test_a_secret_is_not_printed_on_a_terminal_without_reveal(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("get", "NAME") == 0
    assert run("get", "A_TOKEN") == 2
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    assert "--reveal" in err
    assert run("get", "A_TOKEN", "--reveal") == 0
    assert SECRET in capsys.readouterr().out


@pytest.mark.parametrize(
    "value", ["a\x1b[31mred", "t\x1b]0;title\x07", "x\x9b2J", "one\ntwo\x1b[2J", "\u202egpj"]
)
def test_a_value_is_escaped_on_a_terminal_and_raw_in_a_pipe(
    project: Path,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    (project / ".env").write_bytes(b"COLOUR='" + value.encode() + b"'\n")
    assert run("get", "COLOUR") == 0
    assert capsysbinary.readouterr().out == value.encode() + b"\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run("get", "COLOUR") == 0
    out, err = capsysbinary.readouterr()
    assert all(is_harmless(line) for line in out.decode().rstrip("\n").split("\n"))
    assert out.count(b"\n") == value.count("\n") + 1
    assert b"unchanged" in err


def test_read_only_prints_no_secret(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("get", "A_TOKEN", "--read-only", "--reveal") == 2
    assert run("get", "NAME", "--read-only") == 0
    assert SECRET not in "".join(capsys.readouterr())


def test_read_only_prints_a_secret_if_allowed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--read-only", "--reveal-allowed", "env", "get", "A_TOKEN", "--reveal"]
    assert cli.main(words) == 0
    assert SECRET in capsys.readouterr().out


# Comparing.


def test_two_files_are_compared_with_secrets_masked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "new.env").write_text(MIXED.replace(SECRET, "another1234").replace("it is", "was"))
    assert run("diff", ".env", "new.env") == 1
    out = capsys.readouterr().out
    assert "-NAME='it is'" in out
    assert "+NAME='was'" in out
    assert "A_TOKEN" in out
    assert SECRET not in out
    assert "another1234" not in out


def test_a_boolean_with_a_secret_name_is_compared_unmasked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("one.env").write_text("SECURE_COOKIES=false\nBASIC_AUTH=true\n")
    Path("two.env").write_text("SECURE_COOKIES=true\nBASIC_AUTH=true\n")
    assert run("diff", "one.env", "two.env") == 1
    out = capsys.readouterr().out
    for line in ("-SECURE_COOKIES=false", "+SECURE_COOKIES=true", " BASIC_AUTH=true"):
        assert line in out


def test_equal_files_have_no_differences(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("diff", ".env", ".env") == 0
    assert capsys.readouterr().out == ""


# Setting.


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nKEY=old # why\nB=2\n", "A=1\nKEY=new # why\nB=2\n"),
        ("KEY=1\nKEY=2\n", "KEY=1\nKEY=new\n"),
        ("A=1\n#KEY=old\nB=2\n", "A=1\n#KEY=old\nKEY=new\nB=2\n"),
        ("A=1\n", "A=1\nKEY=new\n"),
        ("", "KEY=new\n"),
    ],
)
def test_a_key_is_set_in_its_last_entry(before: str, after: str) -> None:
    assert with_value(before.encode(), "KEY", "new", WITHOUT_OPTIONS, {}).decode() == after


@pytest.mark.parametrize("before", ["B='x\n", "KEY='x\n", "B C=1\n"])
def test_a_file_that_compose_refuses_is_not_edited(before: str) -> None:
    typed = ComposeCommand(directory="/srv/shop").typed
    hint = "`pixel-tui -C /srv/shop env check` says where"
    with pytest.raises(UsageError, match=hint):
        with_value(before.encode(), "KEY", "new", typed, {})
    with pytest.raises(UsageError, match=hint):
        without_key(before.encode() + b"D=1\n", "D", typed)


@pytest.mark.parametrize(("key", "value"), [("A B", "x"), ("", "x"), ("KEY", "x\0y")])
def test_an_unwritable_value_is_refused(key: str, value: str) -> None:
    with pytest.raises(Unwritable):
        with_value(b"A=1\n", key, value, WITHOUT_OPTIONS, {})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_the_set_value_is_read_back(value: str) -> None:
    try:
        after = with_value(b"A=1\nKEY=x\n", "KEY", value, WITHOUT_OPTIONS, {})
    except Unwritable:
        return
    assert after.startswith(b"A=1\n")
    assert next(row.effective for row in check_text(after).rows if row.key == "KEY") == value


def test_read_only_sets_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"secret-value\n")))
    assert run("set", "NAME", "--read-only") == 2
    assert run("confirm", "--read-only") == 2
    assert (project / ".env").read_text() == MIXED


@pytest.mark.parametrize("words", [["set", "NAME", "--empty"], ["unset", "NAME"]])
def test_a_change_of_an_unreadable_file_is_refused_without_a_warning(
    project: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".env").unlink()
    (project / ".env").mkdir()
    assert run(*words) == 2
    what, hint, end = capsys.readouterr().err.splitlines()
    assert "It is a folder, not a file" in what
    assert "remove the folder" in hint
    assert end == "pixel-tui: Nothing was changed."


def test_setting_the_same_value_changes_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"it is\n")))
    assert run("set", "NAME") == 0
    assert "already" in capsys.readouterr().out
    assert (project / ".env").read_text() == MIXED


@pytest.mark.parametrize("said", [b"", b"\n", b"\r\n"])
def test_empty_input_does_not_empty_a_key(
    project: Path,
    said: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(said)))
    assert run("set", "NAME") == 2
    assert "--empty" in capsys.readouterr().err
    assert (project / ".env").read_text() == MIXED


@pytest.mark.parametrize("ended", [KeyboardInterrupt, EOFError])
def test_a_question_that_is_not_answered_leaves_its_line(
    project: Path,
    ended: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def leave(_: str) -> str:
        raise ended

    monkeypatch.setattr(env_set, "getpass", leave)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    if ended is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            run("set", "NAME")
    else:
        assert run("set", "NAME") == 2
    assert capsys.readouterr().err.startswith("\n")
    assert (project / ".env").read_text() == MIXED


def test_a_key_is_emptied_with_empty(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".env").write_text("NAME=\n")
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"never read")))
    assert run("set", "NAME", "--empty") == 0
    assert "already" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["check"], ["get", "NAME"], ["diff", ".env", ".env"]])
def test_a_pipe_instead_of_the_file_is_refused_without_waiting(
    project: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".env").unlink()
    os.mkfifo(project / ".env")
    assert run(*words) == 2
    assert "pipe" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["A B", "", "A=B", "A:B", "A#B"])
@pytest.mark.parametrize("what", ["get", "set", "unset"])
def test_an_invalid_name_is_a_usage_error(
    project: Path, what: str, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(what, "--", key) == 2
    said = capsys.readouterr().err
    assert "Not a valid variable name" in said
    assert "and _ . - [ ]" in said


@pytest.mark.parametrize("key", ["A-B", "a.b", "1A", "A[0]", "Ä"])
def test_a_name_that_compose_accepts_is_valid(project: Path, key: str) -> None:
    path = project / ".env"
    path.write_bytes(with_value(path.read_bytes(), key, "value", WITHOUT_OPTIONS, {}))
    assert run("get", key) == 0


def test_without_an_apply_there_is_nothing_to_confirm(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("confirm") == 1


SPECS = (spec("a"), spec("b"))


@pytest.fixture
def left(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ApplyFiles:
    """An apply that was killed after it saved the file and started with the containers."""
    path = project / ".env"
    command = ComposeCommand(directory=str(project))
    monkeypatch.setattr("pixel_tui.commands.env.compose_command", lambda *_: command)
    monkeypatch.setattr("pixel_tui.commands.env.project_readers", lambda *_: (None, None))
    new, old = digest(path.read_bytes()), digest(b"A=of before\n")
    files = ApplyFiles(state_folder(), command.env_mark)
    began = (STARTED + timedelta(hours=1)).timestamp()
    state = ApplyState(Phase.STARTING, str(path), "pixel", old, new, ("a",), started_at=began)
    files.write(replace(state, restart=("b",)))
    return files


def seen(monkeypatch: pytest.MonkeyPatch, *containers: Container) -> None:
    snapshot = stack(*containers, specs=SPECS)
    monkeypatch.setattr("pixel_tui.stack.watch.look_once.read_snapshot", lambda *_: snapshot)


LATER = STARTED + timedelta(hours=2)


def test_an_interrupted_apply_is_not_confirmed(
    left: ApplyFiles,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = container("a", created_at=STARTED), container("b", created_at=STARTED)
    for containers, said in (
        (old, "was not applied to a (not recreated), b (not restarted)."),
        (
            (exited("a", created_at=LATER), old[1]),
            "was not applied to a (exited), b (not restarted).",
        ),
    ):
        seen(monkeypatch, *containers)
        assert run("confirm") == 2
        err = capsys.readouterr().err
        assert said in err
        assert "environment-roll-back" in err
        assert f"`pixel-tui -C {project} run recreate a b`" in err
        assert left.interrupted() is not None, "the way back is still there"


def test_an_apply_that_was_completed_by_hand_is_confirmed(
    left: ApplyFiles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    again = container("b", created_at=STARTED, started_at=LATER)
    seen(monkeypatch, container("a", created_at=LATER), again)
    assert run("confirm") == 0
    assert capsys.readouterr().out == "The new environment is kept.\n"
    assert left.read() is None
    assert run("confirm") == 1
    err = capsys.readouterr().err
    assert "Nothing to confirm in " in err
    assert err.endswith(". Nothing was changed.\n")


def test_an_unsaved_file_is_not_reported_as_kept(
    left: ApplyFiles,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen(monkeypatch, container("a", created_at=STARTED), container("b"))
    (project / ".env").write_bytes(b"A=of another\n")
    assert run("confirm") == 2
    assert "has changed since" in capsys.readouterr().err
    assert left.interrupted() is not None
    (project / ".env").write_bytes(b"A=of before\n")
    assert run("confirm") == 0
    assert capsys.readouterr().out == "The previous environment is kept.\n"


def test_with_unknown_services_nothing_is_confirmed(
    left: ApplyFiles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(*_: object) -> StackSnapshot:
        raise EngineUnreachable("There is no engine.")

    monkeypatch.setattr("pixel_tui.stack.watch.look_once.read_snapshot", unreachable)
    assert run("confirm") == 2
    assert "are unknown: There is no engine." in capsys.readouterr().err
    assert left.interrupted() is not None


# Git.


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_the_state_of_the_file_in_git_is_read(tmp_path: Path) -> None:
    environment = dict(os.environ)
    path = tmp_path / ".env"
    path.write_text("A=1\n")
    assert git_file(path, environment) is None
    git(tmp_path, "init", "-q")
    assert git_file(path, environment) == GitFile(tracked=False, ignored=False, committed=False)
    (tmp_path / ".gitignore").write_text(".env\n")
    assert git_file(path, environment) == GitFile(tracked=False, ignored=True, committed=False)
    git(tmp_path, "add", "-f", ".env")
    git(tmp_path, "commit", "-q", "-m", "x")
    assert git_file(path, environment) == GitFile(tracked=True, ignored=False, committed=True)
    git(tmp_path, "rm", "-q", "--cached", ".env")
    git(tmp_path, "commit", "-q", "-m", "y")
    assert git_file(path, environment) == GitFile(tracked=False, ignored=True, committed=True)


def test_without_git_the_state_is_unknown(project: Path) -> None:
    assert git_file(project / ".env", {"PATH": str(project / "none")}) is None
