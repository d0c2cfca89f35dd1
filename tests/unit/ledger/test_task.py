"""Parsing tasks: tolerates anything and sanitizes text."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.ledger.reading.task import Task, TaskStatus, TaskType, parse_task, shown, texts_of
from pixel_tui.ledger.view.search import TaskSearch
from pixel_tui.ledger.view.statistics import statistics_of
from pixel_tui.text import is_harmless
from tests.builders.ledger_document import VALUES
from tests.builders.ledger_files import NOW, ONE, TWO, parsed, task, text


def parse(value: Any) -> Task:
    raw = json.dumps(value).encode()
    return parse_task(raw, json.loads(raw))


def test_a_task_of_syntropy_is_parsed() -> None:
    found = parse(task(status="failed", error="It broke\nbadly", summary="## Summary\nNothing"))
    assert (found.id, found.short) == (ONE, "11111111")
    assert (found.status, found.type) == (TaskStatus.FAILED, TaskType.OPENCODE)
    assert found.created == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    assert found.headline == "Mend the canvas"
    assert (found.error, found.exit_code, found.worker_id) == ("It broke", 1, "0123456789ab")
    assert (found.seconds(NOW), found.age(NOW)) == (300, 7200)
    assert found.odd == ()
    texts = texts_of(found)
    assert texts.task == ("Mend the canvas", "and test it")
    assert texts.context == ("It is torn",)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("text", "not an object"),
        ({}, "no id"),
        (task(status="paused"), "its status is paused"),
        (task(type=7), "its type is no text"),
        (task(createdAt="yesterday"), "createdAt is not a time"),
        (task(createdAt="2026-03-01T10:00:00"), "createdAt is not a time with a time zone"),
        (task(attempts="two"), "attempts is not a number"),
        (task(payload="do it"), "has no text (payload.task)"),
        (task("x" * 200), "its id is not valid"),
    ],
)
def test_violations_of_the_format_are_listed(value: Any, why: str) -> None:
    assert why in "; ".join(parse(value).odd)


@given(VALUES | st.dictionaries(st.sampled_from(list(task(status="failed"))), VALUES))
def test_no_value_raises_and_all_text_is_sanitized(value: Any) -> None:
    found = parse(value)
    texts = texts_of(found)
    shown = (found.id, found.headline, found.summary, found.error, found.status_text, *found.odd)
    for words in (*shown, *texts.task, *texts.output, *texts.error):
        assert is_harmless(words)


def test_an_invalid_task_does_not_affect_others() -> None:
    document = parsed(text(None, task(), [1], task(TWO, "running")))
    assert [item.id for item in document.items] == ["", ONE, "", TWO]


def test_the_search_ignores_case_and_covers_task_output_and_error() -> None:
    found = parse(task(status="failed", output='He said "NO"\nand left', error="Ünsinn"))
    for words in ("mend the", "AND LEFT", '"no"', "ünsinn", ONE[:8], ""):
        assert TaskSearch(words).matches(found), words
    for words in ("payload", "maxAttempts", "said no"):
        assert not TaskSearch(words).matches(found), words


def test_statistics_count_finished_tasks_by_type_and_day() -> None:
    minute = {"startedAt": "2026-03-01T11:00:00Z"}
    tasks = [
        parse(task(status="completed", **minute, completedAt=f"2026-03-01T11:{at:02}:00Z"))
        for at in range(1, 21)
    ]
    tasks += [parse(task(status="failed", type="git-op")), parse(task(status="running"))]
    tasks += [parse(task(status="aborted", completedAt="2026-02-28T10:00:00Z", startedAt=None))]
    tasks += [parse(task(status="completed", completedAt="2026-01-01T10:00:00Z"))]
    found = statistics_of(tasks, now=NOW, days=3)
    assert (found.total.completed, found.total.failed, found.total.aborted) == (20, 1, 1)
    assert found.total.success == pytest.approx(20 / 22)
    assert [name for name, _ in found.by_type] == ["opencode", "git-op"]
    first = found.by_type[0][1]
    assert (first.median, first.p95) == (600, 1140)
    assert [tally.ended for _, tally in found.by_day] == [0, 1, 21]


def test_secrets_of_a_task_are_masked_when_shown() -> None:
    words = "Use API_KEY=abcdef1234567 for it"
    found = parse(task(status="failed", output=words, payload={"task": words}))
    assert "abcdef" not in shown(found.headline)
    assert "abcdef" not in "".join((*texts_of(found).task, *texts_of(found).output))
    assert TaskSearch("abcdef").matches(found) is False, "what is masked is not found either"
