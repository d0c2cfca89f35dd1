"""Going back in real logs, searching them whole, and printing them from the shell."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pixel_tui.logs.history_search import HistorySearch
from pixel_tui.logs.search import Matcher, Query, compile_query
from pixel_tui.stack.feed.feed import FeedState, LogFeed, LogTarget
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.times import parse_timestamp
from tests.engine.fixtures import MakeProject, Watch
from tests.engine.private_engine import Project, eventually

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
COUNT = 30_000
COUNTED = f"""awk 'BEGIN {{ for (i = 0; i < {COUNT}; i++) print "line " i }}'"""
WAIT = 'trap "exit 0" TERM; while :; do sleep 1 & wait $$!; done'
LOGS = """
services:
  long:
    image: pixel-tui-test:latest
    command: [sh, -c, {counted}]
    logging: {{driver: {driver}, options: {{max-size: "{size}", max-file: "20"}}}}
    stop_grace_period: 1s
"""
PAIR = """
services:
  api:
    image: pixel-tui-test:latest
    command: [sh, -c, 'i=0; while [ $$i -lt 300 ]; do i=$$((i+1)); echo api $$i; echo oops $$i >&2; done; echo "ERROR it broke"; echo "    at main (app.js:3:1)"; echo INFO well; trap "exit 0" TERM; while :; do sleep 1 & wait $$!; done']
    stop_grace_period: 1s
  web:
    image: pixel-tui-test:latest
    command: [sh, -c, 'i=0; while [ $$i -lt 300 ]; do i=$$((i+1)); echo web $$i; done; trap "exit 0" TERM; while :; do sleep 1 & wait $$!; done']
    stop_grace_period: 1s
"""  # noqa: E501


def long_log(driver: str, size: str) -> str:
    counted = json.dumps(f"{COUNTED}; {WAIT}")
    return LOGS.format(counted=counted, driver=driver, size=size)


def lines_of(feed: LogFeed) -> list[LogLine]:
    return [
        line for line in feed.ring.window(-(1 << 40), 1 << 40).lines if line.kind != LineKind.MARK
    ]


def texts(feed: LogFeed) -> list[str]:
    return [line.text.decode() for line in lines_of(feed)]


def idle(feed: LogFeed) -> bool:
    return not feed.reach.loading


WHOLE = [f"line {number}" for number in range(COUNT)]


@pytest.mark.parametrize(("driver", "size"), [("json-file", "200k"), ("local", "200k")])
def test_page_by_page_back_through_rotated_files_to_the_very_first_line(
    make_project: MakeProject, watch: Watch, driver: str, size: str
) -> None:
    project = make_project(long_log(driver, size), up=True)
    eventually(lambda: project.logs("long", 1)[-1:] == [f"{WHOLE[-1]}"])
    kept = project.logs("long", COUNT)
    feed = watch(project).follow_logs([LogTarget("long")])
    eventually(lambda: texts(feed)[-1:] == WHOLE[-1:] and len(texts(feed)) >= 1000)
    while not feed.reach.first:
        before = len(texts(feed))
        feed.older()
        eventually(lambda before=before: idle(feed) and len(texts(feed)) > before)  # type: ignore[misc]
    assert texts(feed) == kept
    assert len(kept) > 20_000
    assert feed.reach.last


def test_from_the_first_line_on_to_the_end_it_is_the_whole_log(
    make_project: MakeProject, watch: Watch
) -> None:
    project = make_project(long_log("json-file", "100m"), up=True)
    eventually(lambda: project.logs("long", 1) == [WHOLE[-1]])
    feed = watch(project).follow_logs([LogTarget("long")])
    eventually(lambda: len(texts(feed)) >= 1000)
    feed.jump_to_first()
    eventually(lambda: idle(feed) and texts(feed)[:1] == ["line 0"])
    assert feed.reach.first
    pages = 0
    while not feed.reach.last:
        pages += 1
        before = feed.ring.extent.following
        feed.newer()
        eventually(lambda before=before: feed.ring.extent.following > before or feed.reach.last)  # type: ignore[misc]
        eventually(lambda: idle(feed))
    assert pages > 5
    assert texts(feed) == WHOLE
    eventually(lambda: feed.status.state is FeedState.LIVE)


def test_a_moment_is_gone_to_with_lines_on_both_sides(
    make_project: MakeProject, watch: Watch
) -> None:
    project = make_project(long_log("json-file", "100m"), up=True)
    eventually(lambda: project.logs("long", 1) == [WHOLE[-1]])
    feed = watch(project).follow_logs([LogTarget("long")])
    eventually(lambda: len(texts(feed)) >= 1000)
    feed.jump_to_first()
    eventually(lambda: idle(feed) and texts(feed)[:1] == ["line 0"])
    wanted = lines_of(feed)[1500]
    at = parse_timestamp(wanted.stamp)
    assert at is not None
    feed.jump_to_last()
    eventually(lambda: idle(feed) and texts(feed)[-1:] == WHOLE[-1:])
    feed.jump_to_time(at)
    eventually(lambda: idle(feed) and wanted in lines_of(feed))
    held = texts(feed)
    assert held == WHOLE[int(held[0][5:]) : int(held[-1][5:]) + 1]
    assert held.index(wanted.text.decode()) > 100


def test_a_whole_history_is_searched_as_the_docker_program_finds_it(
    make_project: MakeProject, watch: Watch
) -> None:
    project = make_project(long_log("json-file", "300k"), up=True)
    eventually(lambda: project.logs("long", 1) == [WHOLE[-1]])
    watcher = watch(project)
    for text, regex in (("line 299", False), (r"9{3}\d?$", True), ("LINE 12345", False)):
        matcher = compile_query(Query(text, regex=regex))
        assert isinstance(matcher, Matcher)
        history = watcher.log_history([LogTarget("long")])
        search = HistorySearch(history, history.containers, matcher)
        search.run()
        kept = project.logs("long", COUNT)
        expected = [line for line in kept if matcher.matches(line.encode())]
        assert [line.text.decode() for line in search.found] == expected
        assert search.progress.matches == len(expected)
        assert search.progress.lines == len(kept)
        assert search.progress.done


def all_said(project: Project) -> bool:
    """Whether the engine has every line: it may write one stream far behind the other."""
    return [len(project.logs(name, 1000)) for name in ("api", "web")] == [603, 300]


def test_two_services_begin_without_a_hole_and_go_on_in_order(
    make_project: MakeProject, watch: Watch
) -> None:
    project = make_project(PAIR, up=True)
    eventually(lambda: all_said(project))
    feed = watch(project).follow_logs([])
    eventually(lambda: len(texts(feed)) == 903)
    # The two streams of one container are written a little out of order: each has its own.
    for source, kind in (
        ("api", LineKind.STDOUT),
        ("api", LineKind.STDERR),
        ("web", LineKind.STDOUT),
    ):
        own = [line for line in lines_of(feed) if source in line.source and line.kind is kind]
        assert [line.stamp for line in own] == sorted(line.stamp for line in own)
        numbers = [int(line.text.split()[1]) for line in own if line.text[-1:].isdigit()]
        assert numbers == list(range(1, 301))
    assert [source.label for source in feed.sources] == ["api", "web"]
    assert feed.reach.first


def run(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    engine = project.engine
    words = ["-m", "pixel_tui", "logs", "-C", str(project.directory), "-p", project.name]
    return subprocess.run(
        [sys.executable, *words, "--host", engine.host, *arguments],
        env={**os.environ, **engine.env, "PYTHONPATH": str(ROOT), "TZ": "UTC"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SILENT = """
services:
  silent: {image: pixel-tui-test:latest, command: [sleep, "600"], logging: {driver: none},
    stop_grace_period: 0s}
  talks: {image: pixel-tui-test:latest, command: [echo, hello]}
  absent: {image: pixel-tui-test:latest, profiles: [tools]}
"""


def test_the_shell_says_why_nothing_can_be_read(make_project: MakeProject) -> None:
    project = make_project(SILENT)
    nothing = run(project)
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "No service of this project has a container." in nothing.stderr
    project.compose("up", "--detach")
    for service, reason in (
        ("silent", "its logging driver is none"),
        ("absent", "its profile tools is not active"),
    ):
        alone = run(project, service)
        assert (alone.returncode, alone.stdout) == (2, "")
        assert reason in alone.stderr
        beside = run(project, service, "talks")
        assert (beside.returncode, beside.stdout.split()[-1]) == (0, "hello")
        assert reason in beside.stderr
    (project.directory / "docker-compose.yml").unlink()
    project.compose("-p", project.name, "down", "--timeout", "0")
    missing = run(project, "silent")
    assert missing.returncode == 2
    assert "No compose file here or in a parent folder" in missing.stderr


def test_the_shell_prints_logs_as_they_are_asked_for(make_project: MakeProject) -> None:
    project = make_project(PAIR, up=True)
    eventually(lambda: all_said(project))
    every = run(project)
    assert every.returncode == 0, every.stderr
    printed = every.stdout.splitlines()
    assert len(printed) == 903
    assert [line.rpartition(" ")[2] for line in printed if " web " in line] == [
        str(number) for number in range(1, 301)
    ]

    bad = run(project, "api", "--level", "error")
    assert [line.split(maxsplit=3)[3] for line in bad.stdout.splitlines()] == [
        "ERROR it broke",
        "at main (app.js:3:1)",
    ]
    found = run(project, "--grep", "app.js")
    assert len(found.stdout.splitlines()) == 2, "a trace comes whole"
    assert run(project, "--grep", "no such words").returncode == 1
    last = run(project, "web", "--tail", "2", "--json")
    objects = [json.loads(line) for line in last.stdout.splitlines()]
    assert [(item["service"], item["stream"], item["text"]) for item in objects] == [
        ("web", "stdout", "web 299"),
        ("web", "stdout", "web 300"),
    ]
    begin = objects[0]["time"]
    since = run(project, "web", "--since", begin.replace("Z", "+00:00")[:23] + "+00:00")
    assert since.returncode == 0, since.stderr
    assert since.stdout.splitlines()[-1].endswith("web 300")
    wrong = run(project, "nobody")
    assert wrong.returncode == 2
    assert "No such service" in wrong.stderr
    assert run(project, "--since", "soon").returncode == 2
    assert run(project, "--grep", "(", "--regex").returncode == 2


def test_the_shell_follows_through_a_restart_and_loses_nothing(
    make_project: MakeProject,
) -> None:
    text = PAIR.replace("echo web $$i; done", "echo web $$i; sleep 0.02; done")
    project = make_project(text, up=True)
    engine = project.engine
    words = ["-m", "pixel_tui", "logs", "-C", str(project.directory), "-p", project.name]
    follower = subprocess.Popen(
        [sys.executable, *words, "--host", engine.host, "web", "--follow", "--json"],
        env={**os.environ, **engine.env, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert follower.stdout is not None
        first = json.loads(follower.stdout.readline())
        assert first["text"] == "web 1"
        project.compose("restart", "--timeout", "0", "web")
        said = [first["text"]]
        while said.count("web 300") < 1 or said[-1] != "web 300":
            item = json.loads(follower.stdout.readline())
            if item["stream"] == "stdout":
                said.append(item["text"])
        again = said.index("web 1", 1)
        assert said[:again] == [f"web {number}" for number in range(1, again + 1)]
        assert said[again:] == [f"web {number}" for number in range(1, 301)]
    finally:
        follower.terminate()
        follower.communicate()


TALKATIVE = """
services:
  api:
    image: pixel-tui-test:latest
    environment: {API_TOKEN: "Fake-T0ken,one"}
    command: [sh, -c, 'echo "token $$API_TOKEN refused ${FAKE_SECRET}"; exec sleep 1000000000']
    stop_grace_period: 0s
"""


def on_a_terminal(project: Project, *arguments: str) -> str:
    """What `pixel-tui logs` prints on a terminal."""
    words = ["-m", "pixel_tui", "logs", "-C", str(project.directory), "-p", project.name]
    own, theirs = pty.openpty()
    with os.fdopen(own, "rb", buffering=0) as terminal:
        program = subprocess.Popen(
            [sys.executable, *words, "--host", project.engine.host, *arguments],
            env={**os.environ, **project.engine.env, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
        )
        os.close(theirs)
        printed = b""
        with suppress(OSError):  # the program has ended
            while part := terminal.read(4096):
                printed += part
        assert program.wait(60) == 0
    return printed.decode()


def test_secrets_of_the_container_and_of_the_file_are_masked_on_a_terminal(
    make_project: MakeProject,
) -> None:
    project = make_project(TALKATIVE)
    (project.directory / ".env").write_text("FAKE_SECRET='Fake-S3cret,two'\n")
    project.compose("up", "--detach", "--wait")
    written, shown = (
        "token Fake-T0ken,one refused Fake-S3cret,two",
        "token ******** refused ********",
    )
    eventually(lambda: project.logs("api", 1) == [written])
    assert shown in on_a_terminal(project)
    assert written in on_a_terminal(project, "--reveal")
    assert written in run(project).stdout
    assert shown in run(project, "--read-only").stdout
    refused = run(project, "--read-only", "--reveal")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "can't be shown in read-only mode" in refused.stderr
