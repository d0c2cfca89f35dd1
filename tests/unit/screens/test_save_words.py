"""Stopped services in the save dialog and in `env impact`."""

from dataclasses import replace
from pathlib import Path

import pytest

from pixel_tui.commands.env_output import impact_as_json, impact_as_text
from pixel_tui.environment.apply.impact import Impact, ServiceChange, ServiceImpact
from pixel_tui.text import NO_TEXT, plain
from screens.environment.content import NO_RESTART
from screens.environment.save import impact_lines

RUNS = ServiceImpact(
    plain("b"), ServiceChange.RECREATE, (plain("V"),), plain("it changes"), running=True
)
STOPPED = replace(RUNS, running=False, stopped=True)
ABSENT = replace(RUNS, running=False)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (STOPPED, "it is stopped, and gets it with `recreate`, not with `start`"),
        (ABSENT, "it gets it when it is created"),
    ],
)
def test_a_stopped_service_is_described_as_in_its_plan(service: ServiceImpact, words: str) -> None:
    shown = impact_lines([service])[0].plain
    printed = impact_as_text(Path(".env"), Impact(NO_TEXT, (), (service,)))
    for text in (shown, printed):
        assert words in text
        assert "next start" not in text


def test_a_running_service_has_no_note() -> None:
    assert ";" not in impact_lines([RUNS])[0].plain
    said = impact_as_json(Path(".env"), Impact(NO_TEXT, (), (STOPPED,)))["services"]
    assert isinstance(said, list)
    (service,) = said
    assert isinstance(service, dict)
    assert (service["running"], service["stopped"]) == (False, True)


@pytest.mark.parametrize(
    ("service", "warns"),
    [
        (RUNS, True),
        (replace(RUNS, running=False, stopped=True), True),
        (replace(RUNS, running=False), False),
        (replace(RUNS, change=ServiceChange.RESTART), False),
    ],
    ids=["running", "stopped", "no container", "a restart is enough"],
)
def test_a_restart_is_ruled_out_only_for_a_container_that_it_would_leave_unchanged(
    service: ServiceImpact, warns: bool
) -> None:
    shown = [line.plain for line in impact_lines([service])]
    assert (str(NO_RESTART) in shown) is warns
