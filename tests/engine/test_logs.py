"""Following logs of a real engine: floods, giants, terminals, and several lives."""

import threading
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from pixel_tui.stack.feed import frames
from pixel_tui.stack.feed import stream as log_stream
from pixel_tui.stack.feed.feed import FeedState, LogFeed, LogTarget
from pixel_tui.stack.feed.ring import LineKind, LogLine, Ring
from pixel_tui.stack.model.container import ContainerState, HealthStatus
from pixel_tui.text import plain
from tests.engine.fixtures import MakeProject, Watch
from tests.engine.private_engine import eventually

pytestmark = pytest.mark.engine

LIVES_ON = "trap 'exit 0' TERM; while :; do sleep 600 & wait $$!; done"
FLOOD = "'BEGIN { while (1) print \"flood line \" ++n }'"
STEADY = (
    'exec awk \'BEGIN { while (1) { for (i = 0; i < 500; i++) print "flood line " ++n;'
    ' system("sleep 0.1") } }\''
)
"""Some thousand lines a second: as many as a busy engine surely keeps up with."""


def service(name: str, script: str, *more: str) -> str:
    """A service that runs a script, as YAML."""
    indented = "\n".join(f"        {line}" for line in script.splitlines())
    head = f"  {name}:\n    image: pixel-tui-test:latest\n    stop_grace_period: 1s\n"
    options = "".join(f"    {line}\n" for line in more)
    return f"{head}{options}    command:\n      - sh\n      - -c\n      - |\n{indented}\n"


def stack(*services: str) -> str:
    return "services:\n" + "".join(services)


def lines_of(feed: LogFeed) -> list[LogLine]:
    return list(feed.ring.window(0, 1 << 40).lines)


def texts(feed: LogFeed) -> list[bytes]:
    return [line.text for line in lines_of(feed) if line.kind is not LineKind.MARK]


def await_lines(feed: LogFeed, count: int) -> None:
    def read() -> bool:
        found = texts(feed)
        assert len(found) >= count, found[-10:]
        return True

    eventually(read)


MAX_LINE = 1024 * 1024


class Numbers(Ring):
    """A ring that notes every number it was ever given, as runs without a gap."""

    def __init__(self) -> None:
        super().__init__()
        self.story: list[list[int] | str] = []

    def extend(self, lines: Sequence[LogLine]) -> None:
        for line in lines:
            last = self.story[-1] if self.story else None
            if line.kind is LineKind.MARK:
                self.story.append(line.text.decode())
                continue
            number = int(line.text.rpartition(b" ")[2])
            if isinstance(last, list) and number == last[1] + 1:
                last[1] = number
            else:
                self.story.append([number, number])
        super().extend(lines)


def test_a_flood_loses_and_doubles_no_line_across_a_restart(
    make_project: MakeProject, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_stream, "Ring", Numbers)
    project = make_project(stack(service("api", STEADY)), up=True)
    watcher = watch(project)
    feed = watcher.follow_logs([LogTarget("api")])
    numbers = feed.ring
    assert isinstance(numbers, Numbers)
    eventually(lambda: feed.ring.extent.following > 8000)
    project.compose("restart", "--timeout", "0", "api")
    eventually(lambda: any("started again" in str(part) for part in numbers.story))
    count = feed.ring.extent.following
    eventually(lambda: feed.ring.extent.following > count + 15_000)
    feed.close()

    first, ended, started, second = numbers.story[:4]
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert "exited" in str(ended)
    assert "started again" in str(started)
    assert second[0] == 1
    assert len(numbers.story) == 4
    assert len(lines_of(feed)) <= 100_000
    assert second[1] > 10_000


def test_a_flood_is_left_at_once_and_leaves_no_thread(
    make_project: MakeProject, watch: Watch
) -> None:
    project = make_project(stack(service("api", f"exec awk {FLOOD}")), up=True)
    watcher = watch(project)
    before = set(threading.enumerate())

    def fds() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def look_and_leave() -> None:
        feed = watcher.follow_logs([LogTarget("api")])
        eventually(lambda: feed.ring.extent.following > 1000, every=0.01)
        feed.close()
        assert feed.status.state is FeedState.CLOSED

    def left() -> list[threading.Thread]:
        return [
            item
            for item in threading.enumerate()
            if item not in before and item.name.startswith("log-")
        ]

    look_and_leave()
    eventually(lambda: not left(), every=0.01)
    held = fds()
    for _ in range(15):
        look_and_leave()
    eventually(lambda: not left(), every=0.01)
    eventually(lambda: fds() <= held + 3)


def test_a_line_of_5_mb_comes_whole(make_project: MakeProject, watch: Watch) -> None:
    giant = f"head -c 5000000 /dev/zero | tr '\\0' x\necho\necho after\n{LIVES_ON}"
    project = make_project(stack(service("giant", giant)), up=True)
    feed = watch(project).follow_logs([LogTarget("giant")])
    await_lines(feed, 2)
    assert texts(feed) == [b"x" * 5_000_000, b"after"]


def test_a_giant_line_is_cut_and_what_follows_is_read(
    make_project: MakeProject, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MAX_LINE", MAX_LINE)
    giant = f"head -c 5000000 /dev/zero | tr '\\0' x\necho\necho after\n{LIVES_ON}"
    unended = "head -c 5000000 /dev/zero | tr '\\0' y"
    project = make_project(
        stack(
            service("giant", giant),
            service("unended", unended),
            service("terminal", giant, "tty: true"),
        )
    )
    project.compose("up", "--detach")
    watcher = watch(project)
    for name, letter in (("giant", b"x"), ("unended", b"y"), ("terminal", b"x")):
        feed = watcher.follow_logs([LogTarget(name)])
        await_lines(feed, 1 if name == "unended" else 2)
        line, *more = texts(feed)
        assert line[:MAX_LINE] == letter * MAX_LINE
        assert line[MAX_LINE:].decode().endswith(" bytes cut")
        assert letter not in line[MAX_LINE : MAX_LINE + 5]
        assert more == ([] if name == "unended" else [b"after"])
        if name == "giant":
            assert line[MAX_LINE:].decode() == f" … {5_000_000 - MAX_LINE:,} bytes cut"


LONG = 40_000


@pytest.mark.parametrize("terminal", [False, True], ids=["frames", "terminal"])
def test_long_lines_come_whole_without_the_stamps_of_their_parts(
    make_project: MakeProject, watch: Watch, *, terminal: bool
) -> None:
    script = (
        "echo short\n"
        f"head -c {LONG} /dev/zero | tr '\\0' a; echo\n"
        f"head -c {LONG} /dev/zero | tr '\\0' b >&2; echo >&2\n"
        f"echo end\n{LIVES_ON}"
    )
    options = ["tty: true"] if terminal else []
    project = make_project(stack(service("api", script, *options)), up=True)
    watcher = watch(project)
    feed = watcher.follow_logs([LogTarget("api")])
    eventually(lambda: len(texts(feed)) >= 4)
    assert sorted(texts(feed)) == [b"a" * LONG, b"b" * LONG, b"end", b"short"]
    assert all(line.stamp.endswith(b"Z") for line in lines_of(feed))
    kinds = {line.text[:1]: line.kind for line in lines_of(feed)}
    assert kinds[b"b"] is (LineKind.STDOUT if terminal else LineKind.STDERR)


def test_bytes_that_are_no_text_stay_bytes(make_project: MakeProject, watch: Watch) -> None:
    script = f"printf '\\377\\376 odd\\n\\303\\n'\necho even\n{LIVES_ON}"
    project = make_project(
        stack(
            service("json", script),
            service("local", script, "logging: {driver: local}"),
            service("terminal", script, "tty: true", "logging: {driver: local}"),
        ),
        up=True,
    )
    watcher = watch(project)
    expected = {
        # This driver writes JSON, which can't hold them.
        "json": ["\ufffd\ufffd odd".encode(), "\ufffd".encode(), b"even"],
        "local": [b"\xff\xfe odd", b"\xc3", b"even"],
        "terminal": [b"\xff\xfe odd", b"\xc3", b"even"],
    }
    for name, words in expected.items():
        feed = watcher.follow_logs([LogTarget(name)])
        await_lines(feed, len(words))
        assert texts(feed) == words
        assert plain(texts(feed)[0]) == "\ufffd\ufffd odd"


def test_a_long_history_opens_with_its_tail(make_project: MakeProject, watch: Watch) -> None:
    script = f"awk 'BEGIN {{ while (n < 5000) print \"line \" ++n }}'\n{LIVES_ON}"
    project = make_project(stack(service("api", script)), up=True)
    container_id = project.container("api")
    eventually(
        lambda: project.engine.docker("logs", "--tail", "1", container_id).stdout == "line 5000\n"
    )
    feed = watch(project).follow_logs([LogTarget("api")])
    eventually(lambda: len(texts(feed)) >= 1000)
    assert texts(feed) == [b"line %d" % number for number in range(4001, 5001)]


def test_two_containers_open_merged_in_the_order_of_time(
    make_project: MakeProject, watch: Watch
) -> None:
    script = f"i=0; while [ $$i -lt 20 ]; do i=$$((i+1)); echo $$i; sleep 0.1; done\n{LIVES_ON}"
    project = make_project(stack(service("api", script, "deploy: {replicas: 2}")), up=True)
    eventually(lambda: len(project.logs("api")) == 40)
    feed = watch(project).follow_logs([LogTarget("api")])
    eventually(lambda: len(texts(feed)) == 40)
    lines = lines_of(feed)
    assert [line.stamp for line in lines] == sorted(line.stamp for line in lines)
    assert [line.source for line in lines] != sorted(line.source for line in lines)
    for source in feed.sources:
        own = [line.text for line in lines if line.source == source.container]
        assert own == [b"%d" % number for number in range(1, 21)]
    eventually(lambda: feed.status.state is FeedState.LIVE)


def test_a_crash_loop_is_followed_life_by_life(make_project: MakeProject, watch: Watch) -> None:
    script = "echo begin $$$$\nsleep 0.3\necho end\nexit 3"
    project = make_project(stack(service("api", script, "restart: always")))
    project.compose("up", "--detach")
    feed = watch(project).follow_logs([LogTarget("api")])

    def story() -> list[str]:
        words = {b"begin": "begin", b"end": "end"}
        return [
            line.text.decode().split(" ", 1)[1]
            if line.kind is LineKind.MARK
            else words[line.text.split()[0]]
            for line in lines_of(feed)
        ]

    eventually(lambda: sum("restart 4" in part for part in story()))
    told = story()
    first = next(at for at, part in enumerate(told) if part.startswith("exited"))
    assert told[first] == "exited with exit code 3"
    number = int(told[first + 1].rpartition(" ")[2].removesuffix(")"))
    rounds = range(number, 5)
    expected = [
        part
        for count in rounds
        for part in ("exited with exit code 3", f"started again (restart {count})", "begin", "end")
    ]
    assert told[first : first + len(expected) - 2] == expected[:-2]
    assert set(told[:first]) == {"begin", "end"}


def test_an_oom_kill_is_told_between_the_lives(make_project: MakeProject, watch: Watch) -> None:
    script = "sleep 0.5; awk 'BEGIN { x = \"x\"; while (1) x = x x }'"
    project = make_project(
        stack(service("api", script, "mem_limit: 16m", "memswap_limit: 16m", "init: false"))
    )
    project.compose("up", "--detach")
    watcher = watch(project)
    feed = watcher.follow_logs([LogTarget("api")])
    eventually(lambda: any(line.kind is LineKind.MARK for line in lines_of(feed)))
    assert b"out of memory" in lines_of(feed)[-1].text


def test_every_line_of_a_crash_loop_faster_than_the_picture_is_read(
    make_project: MakeProject, watch: Watch
) -> None:
    script = "echo one $$$$\necho two $$$$ >&2\nprintf 'last words '\nexit 3"
    project = make_project(stack(service("api", script, "restart: always")))
    project.compose("up", "--detach")
    feed = watch(project).follow_logs([LogTarget("api")])
    eventually(lambda: any(b"restart 6)" in line.text for line in lines_of(feed)), every=0.02)
    project.compose("stop")
    container = project.container("api")
    said = project.engine.docker("logs", container)
    words = Counter((said.stdout + said.stderr).encode().split())
    eventually(lambda: Counter(b" ".join(texts(feed)).split()) == words)

    told = lines_of(feed)
    starts = [at for at, line in enumerate(told) if b"started again" in line.text]
    numbers = [int(told[at].text.rpartition(b" ")[2].removesuffix(b")")) for at in starts]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[-1] >= 6
    for at in starts:
        assert told[at - 1].text.endswith(b"exited with exit code 3")
        run = told[at + 1 : at + 4]
        assert sorted(line.text.split()[0] for line in run) == [b"last", b"one", b"two"]
    assert told[-1].text.endswith(b"exited with exit code 3")


def test_the_last_words_of_a_run_come_before_the_mark_of_its_end(
    make_project: MakeProject, watch: Watch
) -> None:
    script = "sleep 1\nawk 'BEGIN { while (n < 3000) print \"line \" ++n }'\nprintf 'the end'"
    project = make_project(stack(service("api", script)))
    project.compose("up", "--detach")
    feed = watch(project).follow_logs([LogTarget("api")])
    eventually(lambda: any(line.kind is LineKind.MARK for line in lines_of(feed)))
    assert texts(feed) == [*(b"line %d" % at for at in range(1, 3001)), b"the end"]
    assert lines_of(feed)[-1].text.endswith(b"exited with exit code 0")


def test_lines_without_an_end_are_not_glued_to_what_follows(
    make_project: MakeProject, watch: Watch
) -> None:
    long = "x" * 20_000
    script = "head -c 20000 /dev/zero | tr '\\0' x\necho\necho after\nprintf 'last words'\nexit 1"
    again = 'restart: "on-failure:1"'
    project = make_project(
        stack(
            service("json", script, again),
            service("local", script, again, "logging: {driver: local}"),
            service("terminal", script, again, "tty: true"),
            service("both", script, again, "tty: true", "logging: {driver: local}"),
        )
    )
    project.compose("up", "--detach")
    watcher = watch(project)
    names = ("json", "local", "terminal", "both")
    eventually(
        lambda: all(watcher.inspect(project.container(name)).restarts == 1 for name in names)
    )
    feeds = {name: watcher.follow_logs([LogTarget(name)]) for name in names}
    for name, feed in feeds.items():
        await_lines(feed, 6)
        assert texts(feed) == [long.encode(), b"after", b"last words"] * 2, name
        stamps = [line.stamp for line in lines_of(feed) if line.kind is not LineKind.MARK]
        assert len(set(stamps)) == 6


def test_a_paused_or_ended_container_is_never_called_unhealthy(
    make_project: MakeProject, watch: Watch
) -> None:
    check = "healthcheck: {test: ['CMD', 'echo', 'all is well'], interval: 1s, retries: 1}"
    project = make_project(stack(service("api", LIVES_ON, check)), up=True)
    watcher = watch(project)
    feed = watcher.follow_logs([LogTarget("api")])
    container = project.container("api")
    seen: set[HealthStatus] = set()

    def shows(state: ContainerState, health: HealthStatus) -> bool:
        found = watcher.snapshot.container(container)
        assert found is not None
        seen.add(found.health_status)
        return found.state is state and found.health_status is health

    for words, state, health in (
        ("up", ContainerState.RUNNING, HealthStatus.HEALTHY),
        ("pause", ContainerState.PAUSED, HealthStatus.NONE),
        ("unpause", ContainerState.RUNNING, HealthStatus.HEALTHY),
        ("stop", ContainerState.EXITED, HealthStatus.NONE),
    ):
        if words != "up":
            project.compose(words, "api")
        eventually(partial(shows, state, health), every=0.02)
    assert HealthStatus.UNHEALTHY not in seen
    eventually(lambda: any(b"exited" in line.text for line in lines_of(feed)))
    marks = [line for line in lines_of(feed) if line.kind is LineKind.MARK]
    assert not any(b"unhealthy" in line.text or b"all is well" in line.text for line in marks)
    assert [line.stamp for line in marks] == sorted(line.stamp for line in marks)
