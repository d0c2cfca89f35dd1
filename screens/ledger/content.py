"""Texts of the ledger screen: title, totals, problems, findings."""

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from pixel_tui.clock import Clock
from pixel_tui.humanize import ago
from pixel_tui.ledger.reading.places import LedgerPlace
from pixel_tui.ledger.view.arrangement import ORDER, Arrangement, TaskFilter
from pixel_tui.ledger.view.findings import LedgerFinding, LedgerSeverity
from pixel_tui.ledger.view.view import LedgerView
from pixel_tui.text import SafeText, plain
from screens.shared.pick import Choices
from widgets.filter_title import filter_title
from widgets.lines.fitted_line import LinePart
from widgets.rows.numbers import since
from widgets.rows.task_row import STATUSES

MAX_FINDINGS: Final = 500
"""The number of findings that are listed, the worst first: the list is refreshed each second."""
READING: Final = "Reading the ledger…"


def ledger_title(arrangement: Arrangement, hidden: int) -> Content:
    """The title: the filters, and the number of findings about hidden tasks."""
    parts: list[str] = []
    if arrangement.wanted is not TaskFilter.ALL:
        parts.append(arrangement.wanted.value)
    if arrangement.words:
        parts.append(f"with “{arrangement.words}”")
    return filter_title("Tasks", parts, hidden)


def why_empty(view: LedgerView, place: LedgerPlace, key: SafeText) -> str:
    """Why no task is listed.

    Args:
        view: The ledger.
        place: The paths of its files.
        key: The key that clears the search and the filter.
    """
    if not view.loaded:
        return READING
    if view.tasks:
        return f"No task matches. {key} shows all again."
    if view.trouble is not None:
        return ""
    if not view.reading.present:
        return f"There is no ledger: {plain(str(place.ledger))} does not exist."
    return "No task is queued."


def ledger_totals(view: LedgerView, clock: Clock) -> Sequence[LinePart]:
    """The totals: `1 running · 3 pending · 12 failed · lock of 1f0c9a2e for 3m`."""
    tones = {"good": "$text-success", "bad": "$text-error", "warn": "$text-warning"}
    parts: list[LinePart] = []
    for status in ORDER:
        count = view.totals.get(status, 0)
        if count:
            words, tone = STATUSES[status]
            word = words.partition(" ")[2]
            style = tones.get(tone.value, "")
            parts.append(LinePart(Content.styled(f"{count:,} {word}", style)))
    now = clock.now()
    tail: list[str] = []
    lock = view.reading.lock
    if lock is not None:
        held = since(lock.created, now) if lock.created else "?"
        tail.append(f"lock of {plain(lock.task[:8]) or '?'} for {held}")
    if view.reading.changed is not None:
        tail.append(f"written {ago(view.reading.changed, now)}")
    parts += [LinePart(Content.styled(words, "$foreground-muted"), 1) for words in tail]
    return parts


def ledger_trouble(view: LedgerView, clock: Clock, key: SafeText) -> Content:
    """Why the ledger can't be read; else the worst finding.

    Args:
        view: The ledger.
        clock: The time.
        key: The key that lists the findings.
    """
    trouble = view.trouble
    if trouble is not None:
        last = " The last good state is shown." if view.tasks else ""
        return Content.styled(
            f"! {trouble.what} {trouble.hint}{last}  (for {since(trouble.since, clock.now())})",
            "$text-error bold",
        )
    grave = [item for item in view.findings if item.severity is not LedgerSeverity.NOTE]
    if not grave:
        return Content("")
    more = f"  ({key}: {len(grave)} findings)" if len(grave) > 1 else f"  ({key}: repair)"
    style = "$text-error" if grave[0].severity is LedgerSeverity.ERROR else "$text-warning"
    return Content.assemble((f"! {grave[0].message}", style), (more, "$foreground-muted"))


def finding_choices(findings: Sequence[LedgerFinding], count: int, key: SafeText) -> Choices:
    """The list of findings.

    Args:
        findings: The worst findings.
        count: The number of all findings.
        key: The key that picks one.
    """
    styles = {
        LedgerSeverity.ERROR: "$text-error bold",
        LedgerSeverity.WARNING: "$text-warning",
        LedgerSeverity.NOTE: "$text-primary",
    }
    lines = tuple(
        Content.assemble(
            (f"{finding.severity.value:<8}", styles[finding.severity]),
            plain(finding.message),
            (f"  → {plain(finding.hint)}" if finding.hint else "", "$foreground-muted"),
        )
        for finding in findings
    )
    caption = f"Ledger and stack out of sync. {key} goes to the task."
    if count > len(findings):
        caption += f" These are the worst {len(findings)} of {count:,}; `ledger verify` prints all."
    return Choices(lines, plain(caption if lines else "Everything is in sync."))
