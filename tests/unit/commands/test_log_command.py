"""`pixel-tui logs`: filtering and printing lines."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from pixel_tui.commands import log_output
from pixel_tui.commands.log_output import Printer, print_new_lines
from pixel_tui.commands.log_selection import (
    GroupFilter,
    LogSelection,
    is_readable,
    masks_secrets,
    requested_containers,
    requested_level,
    requested_matcher,
    requested_time,
    unreadable_logs,
)
from pixel_tui.errors import FileError, UsageError
from pixel_tui.logs.export import ExportFormat, export
from pixel_tui.logs.level import LogLevel
from pixel_tui.redaction.known import LineMasker
from pixel_tui.redaction.redactor import remember_secret
from pixel_tui.stack.feed.ring import LineKind, LogLine
from pixel_tui.stack.model.container import Container, ContainerState
from pixel_tui.stack.model.project import ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    Service,
    ServiceState,
    StackSnapshot,
    Trouble,
)
from pixel_tui.stack.watch.watcher import Watcher
from pixel_tui.text import SafeText

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
API = Container(
    id="1", name=SafeText("api-1"), service=SafeText("api"), state=ContainerState.RUNNING
)
TRACE = ["ERROR it broke", "    at main (app.js:3:1)", "    at run (app.js:9:1)"]


def said(text: str, kind: LineKind = LineKind.STDOUT) -> LogLine:
    return LogLine(b"2026-03-01T12:00:00.123456789Z", "api-1", kind, text.encode())


def passed(request: LogSelection, *texts: str) -> list[str]:
    chosen = GroupFilter(request)
    lines = [*chosen.feed(map(said, texts)), *chosen.flush()]
    return [line.text.decode() for line in lines]


class Losing:
    """A watcher whose engine is lost, recovers and is lost again; then it is interrupted."""

    def __init__(self) -> None:
        lost = Trouble(SafeText("It is gone."), SafeText("Start it."), NOW)
        again = Trouble(SafeText("It is gone again."), SafeText(""), NOW)
        self._troubles = iter([None, lost, lost, None, again])

    def follow_into(self, *_: object) -> None:
        """Follow nothing."""

    @property
    def snapshot(self) -> StackSnapshot:
        engine = EngineStatus(SafeText("x"), SafeText("x"))
        try:
            return StackSnapshot(replace(engine, trouble=next(self._troubles)))
        except StopIteration as end:
            raise KeyboardInterrupt from end


def test_follow_reports_a_lost_engine_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_output, "IDLE_SECONDS", 0.0)
    printer = Printer([], LogSelection(), sys.stdout.write)
    with pytest.raises(KeyboardInterrupt):
        print_new_lines(
            cast("Watcher", Losing()), LogSelection(), {}, printer, GroupFilter(LogSelection())
        )
    assert [line.removeprefix("pixel-tui: ") for line in capsys.readouterr().err.splitlines()] == [
        "It is gone.",
        "Start it.",
        "It is gone again.",
    ]


def test_a_trace_passes_completely_if_one_line_matches() -> None:
    request = LogSelection(matcher=requested_matcher("app.js:9", regex=False, inverted=False))
    assert passed(request, "INFO before", *TRACE, "INFO after") == TRACE


def test_an_inverted_filter_drops_the_complete_trace() -> None:
    request = LogSelection(matcher=requested_matcher("app.js:9", regex=False, inverted=True))
    assert passed(request, "INFO before", *TRACE, "INFO after") == ["INFO before", "INFO after"]


def test_a_trace_has_the_level_of_its_first_line() -> None:
    assert passed(LogSelection(level=LogLevel.ERROR), "INFO before", *TRACE, "INFO after") == TRACE


def test_without_a_filter_everything_passes_at_once() -> None:
    chosen = GroupFilter(LogSelection())
    assert len(list(chosen.feed([said("a"), said("b")]))) == 2
    assert list(chosen.flush()) == []


def stack(*services: Service, trouble: Trouble | None = None) -> StackSnapshot:
    engine = EngineStatus(SafeText("x"), SafeText("x"), connection=Connection.READY)
    return StackSnapshot(engine, services=services, project_trouble=trouble, taken_at=NOW)


def service(*containers: Container, name: str = "api", **changes: object) -> Service:
    spec = ServiceSpec(SafeText(name), SafeText(name))
    state = ServiceState.RUNNING if containers else ServiceState.ABSENT
    found = Service(spec.name, spec, containers, state)
    return replace(found, **changes)  # type: ignore[arg-type]


NO_FILE = Trouble(SafeText("No compose file here or in a parent folder: /x."), SafeText("Go."), NOW)
NOTHING_KEPT = "so Docker keeps no logs"
RAN = replace(API, started_at=NOW)


@pytest.mark.parametrize("names", [(), ("api",)])
def test_without_a_project_the_reason_is_the_same_as_in_status(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as raised:
        requested_containers(stack(trouble=NO_FILE), names)
    assert (raised.value.what, raised.value.hint) == (NO_FILE.what, NO_FILE.hint)


def test_an_unknown_service_is_refused_with_the_known_ones() -> None:
    known = stack(service(RAN), service(name="web"))
    with pytest.raises(UsageError) as raised:
        requested_containers(known, ["nope"])
    assert raised.value.hint == "Services: api, web."
    with pytest.raises(UsageError) as raised:
        requested_containers(stack(), ["nope"])
    assert raised.value.hint == "The project has no services."
    refused = replace(known, project_trouble=NO_FILE)
    assert requested_containers(refused, ["api"]) == [RAN]
    with pytest.raises(UsageError, match=r"No container of nope\. No compose file"):
        requested_containers(refused, ["nope"])


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (service(API), "Can't read the logs of api-1: it was never started."),
        (
            service(replace(RAN, log_driver=SafeText("none"))),
            f"Can't read the logs of api-1: its logging driver is none, {NOTHING_KEPT}.",
        ),
        (
            service(replace(API, partial=True, error=SafeText("input/output error"))),
            "Can't read the logs of api-1: it can't be inspected: input/output error.",
        ),
        (service(), "api has no container."),
        (
            service(
                state=ServiceState.OFF,
                spec=ServiceSpec(
                    SafeText("api"), SafeText("a"), active=False, profiles=(SafeText("tools"),)
                ),
            ),
            "api has no container: its profile tools is not active.",
        ),
    ],
)
def test_a_container_without_logs_has_a_reason(found: Service, reason: str) -> None:
    snapshot = stack(found, service(replace(RAN, service=SafeText("web")), name="web"))
    for names in (["api"], ["web", "api", "api"]):
        chosen = requested_containers(snapshot, names)
        assert [why for why, _ in unreadable_logs(snapshot, names, chosen)] == [reason]
        assert any(map(is_readable, chosen)) is ("web" in names)


def test_for_all_services_only_containers_are_reported() -> None:
    some = stack(service(), service(replace(RAN, service=SafeText("web")), name="web"))
    assert not list(unreadable_logs(some, (), requested_containers(some, ())))
    none = stack(service())
    assert list(unreadable_logs(none, (), requested_containers(none, ()))) == [
        ("No service of this project has a container.", "")
    ]


def test_text_output_has_no_control_characters() -> None:
    written: list[str] = []
    Printer([API], LogSelection(), written.append).print([said("a\x1b]0;title\x07b\rc\x9bd")])
    (text,) = written
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\r" not in text
    assert text.count("\n") == 1


def test_a_line_as_json_has_all_fields() -> None:
    written: list[str] = []
    Printer([API], LogSelection(as_json=True), written.append).print(
        [said('{"level":50,"msg":"x\x1b"}', LineKind.STDERR)]
    )
    assert json.loads(written[0]) == {
        "time": "2026-03-01T12:00:00.123456789Z",
        "service": "api",
        "container": "api-1",
        "stream": "stderr",
        "level": "error",
        "text": '{"level":50,"msg":"x\x1b"}',
    }
    assert written[0].isascii()


def test_times_are_parsed_like_dockers() -> None:
    assert requested_time("15m", NOW) == b"2026-03-01T11:45:00.000000000Z"
    assert requested_time("-2h", NOW) == b"2026-03-01T10:00:00.000000000Z"
    assert requested_time("2026-03-01T10:42:00Z", NOW) == b"2026-03-01T10:42:00.000000000Z"
    assert requested_time(None, NOW) == b""
    with pytest.raises(UsageError):
        requested_time("soon", NOW)


def test_an_invalid_level_or_pattern_is_refused() -> None:
    assert requested_level("warn") is LogLevel.WARN
    with pytest.raises(UsageError, match="No such level"):
        requested_level("loud")
    with pytest.raises(UsageError, match="Not a valid regular expression"):
        requested_matcher("(", regex=True, inverted=False)


def test_a_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    lines = [said("a\x1b[31mb"), said("ended", LineKind.MARK)]
    done = export(path, lines, ExportFormat.PLAIN)
    assert path.read_text().splitlines() == [
        "2026-03-01T12:00:00.123456789Z api-1 ab",
        "2026-03-01T12:00:00.123456789Z api-1 ended",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert (done.lines, done.bytes) == (2, path.stat().st_size)
    with pytest.raises(FileError, match="already exists"):
        export(path, lines, ExportFormat.PLAIN)
    raw = path.with_suffix(".raw")
    export(raw, lines, ExportFormat.RAW)
    assert raw.read_bytes() == b"a\x1b[31mb\n"


def test_an_unfinished_file_is_removed(tmp_path: Path) -> None:
    def broken() -> Iterator[LogLine]:
        yield said("a")
        raise FileError("the engine went away")

    path = tmp_path / "api.log"
    with pytest.raises(FileError):
        export(path, broken(), ExportFormat.PLAIN)
    assert not path.exists()
    with pytest.raises(FileError, match="can't be written"):
        export(path / "no" / "such", [], ExportFormat.PLAIN)


@pytest.mark.parametrize(("masked", "shown"), [(True, "********"), (False, "Fake-S3cret,one")])
def test_secrets_are_masked_unless_revealed(masked: bool, shown: str) -> None:
    remember_secret("Fake-S3cret,one")
    said_so = said("pw Fake-\x1b[1mS3cret,one")
    for as_json in (False, True):
        written: list[str] = []
        Printer([API], LogSelection(as_json=as_json, masked=masked), written.append).print(
            [said_so]
        )
        words = json.loads(written[0])["text"] if as_json else written[0]
        assert shown in words.replace("\x1b[1m", "")


def test_secrets_are_masked_on_a_terminal_and_in_read_only_mode() -> None:
    assert masks_secrets(terminal=True, reveal=False, allowed=True)
    assert not masks_secrets(terminal=True, reveal=True, allowed=True)
    assert not masks_secrets(terminal=False, reveal=False, allowed=True)
    assert masks_secrets(terminal=False, reveal=False, allowed=False)
    with pytest.raises(UsageError, match="can't be shown in read-only mode"):
        masks_secrets(terminal=True, reveal=True, allowed=False)


@pytest.mark.parametrize("form", list(ExportFormat))
def test_secrets_are_masked_in_a_file_unless_revealed(form: ExportFormat, tmp_path: Path) -> None:
    remember_secret("Fake-S3cret,one")
    lines = [said("a \x1b[1mFake-S3cret,one\x1b[0m"), said("b")]
    export(tmp_path / "default", lines, form)
    for revealed in (False, True):
        mask = LineMasker(revealed=revealed)
        done = export(tmp_path / str(revealed), lines, form, mask)
        text = done.path.read_bytes()
        assert (b"Fake-S3cret,one" in text) is revealed
        assert (done.lines, mask.found) == (2, 1)
        assert (text == (tmp_path / "default").read_bytes()) is not revealed
