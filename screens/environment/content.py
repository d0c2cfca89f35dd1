"""Texts about the keys of an environment. Secrets are masked unless they are revealed."""

from collections.abc import Collection, Sequence
from typing import Final

from textual.content import Content

from pixel_tui.environment.checks.finding import EnvironmentFinding
from pixel_tui.environment.checks.overview import KeyRow, KeyState, KeyUse, KeyUseKind
from pixel_tui.environment.dotenv.document import Quoting
from pixel_tui.environment.editing.edits import needs_single_quotes
from pixel_tui.text import NO_TEXT, SafeText, plain
from widgets.rows.environment_row import (
    MARKS,
    layer,
    shortened,
    shown_effective,
    shown_value,
    state_words,
)
from widgets.rows.table import Tone

STYLES: Final = {
    Tone.PLAIN: "",
    Tone.MUTED: "$foreground-muted",
    Tone.GOOD: "$text-success",
    Tone.NOTE: "$text-primary",
    Tone.WARN: "$text-warning",
    Tone.BAD: "$text-error bold",
}
USES: Final = {
    KeyUseKind.INTERPOLATION: "substituted",
    KeyUseKind.ENV_FILE: "gets every key of the file",
    KeyUseKind.BUILD_ARGUMENT: "built into its image",
    KeyUseKind.CONTENT: "gets it when its container is created",
    KeyUseKind.TO_BUILD: "its build gets it as a secret",
}
LAYER_MARKS: Final = ("↑", "↓")
"""The marks of a key that overrides another file's, and of one that another file overrides."""
_QUOTES: Final = {
    Quoting.NONE: "no quotes",
    Quoting.SINGLE: "single quotes",
    Quoting.DOUBLE: "double quotes",
}
NO_RESTART: Final = SafeText("A restart does not apply changes: recreate the service.")

UNKNOWN_DELIVERY: Final = SafeText(
    "  ? unknown whether the container has this value: it is older than the file. Recreate it."
)


def key_content(
    row: KeyRow | None,
    *,
    no_keys: bool = False,
    revealed: bool = False,
    fix_key: SafeText = NO_TEXT,
    unknown: Collection[SafeText] = (),
) -> Content:
    """The details of one key.

    Args:
        row: The key; None if there is none under the cursor.
        no_keys: Whether there is none because neither file nor example has any.
        revealed: Whether to show its value.
        fix_key: The key that applies a fix; empty if none can be applied.
        unknown: The services that may still have the old value.
    """
    if row is None:
        words = "There are no keys yet." if no_keys else "No key matches."
        return Content.styled(words, "$foreground-muted")
    words, tone = state_words(row)
    required = "   required" if row.required else ""
    parts = [
        Content.assemble(
            (row.key, "bold"), "   ", (words, STYLES[tone]), (required, "$text-warning")
        )
    ]
    if other := layer(row):
        parts.append(
            Content.styled(f"{LAYER_MARKS[bool(row.overridden_by)]} {other}", "$text-primary")
        )
    if row.purpose:
        parts.append(Content(shortened(row.purpose)))
    parts += finding_lines(row.findings, fix_key=fix_key)
    if fix_key and needs_single_quotes(row):
        parts.append(
            Content.assemble((f"  {fix_key}", "$text-accent bold"), " puts it in single quotes")
        )
    parts += _part("Value", _value_lines(row, revealed=revealed))
    parts += _part("Read by", _use_lines(row.uses, unknown))
    return Content("\n").join(parts)


def finding_lines(
    findings: Sequence[EnvironmentFinding], *, fix_key: SafeText = NO_TEXT
) -> list[Content]:
    """Each finding with its hint and its fix, if there is one."""
    lines = []
    for finding in findings:
        mark, tone = MARKS[finding.level]
        lines.append(Content.styled(f"{mark} {finding.message}", STYLES[tone]))
        if finding.hint:
            lines.append(Content.styled(f"  → {finding.hint}", "$foreground-muted"))
        if finding.fix is not None and fix_key:
            lines.append(
                Content.assemble(
                    (f"  {fix_key}", "$text-accent bold"),
                    f" writes {shortened(plain(finding.fix))}",
                )
            )
    return lines


def _value_lines(row: KeyRow, *, revealed: bool) -> list[Content]:
    entry = row.entry
    if entry is None:
        return [Content.styled("Not in the file.", "$foreground-muted")]
    value = shortened(shown_value(row, revealed=revealed))
    lines = [Content(value) if value else Content.styled("(empty)", "$foreground-muted")]
    effective = shortened(shown_effective(row, revealed=revealed))
    if effective and not (row.secret and not revealed):
        lines.append(Content.assemble(("compose reads ", "$text-primary"), effective))
    elif effective:
        lines.append(
            Content.styled("compose reads a different value than written", "$text-primary")
        )
    where = f"line {entry.line}"
    if entry.lines > 1:
        where = f"lines {entry.line} to {entry.line + entry.lines - 1}"
    notes = [where, _QUOTES[entry.quoting]]
    if row.state is KeyState.DUPLICATE:
        notes.append("set more than once: the last one counts")
    if row.secret:
        notes.append("a secret")
    lines.append(Content.styled(", ".join(notes), "$foreground-muted"))
    return lines


def _use_lines(uses: Sequence[KeyUse], unknown: Collection[SafeText]) -> list[Content]:
    if not uses:
        return [Content.styled("No service reads it.", "$foreground-muted")]
    lines = []
    for use in uses:
        lines.append(
            Content.assemble(
                (use.service or "the project itself", "bold"),
                f"  {USES[use.how]}",
                (f"  {use.where}" if use.where else "", "$foreground-muted"),
            )
        )
        if use.how is KeyUseKind.CONTENT and use.service in unknown:
            lines.append(Content.styled(UNKNOWN_DELIVERY, "$text-warning"))
    return lines


def _part(title: str, lines: list[Content]) -> list[Content]:
    return [
        Content(""),
        Content.styled(title, "$text-accent bold"),
        *(Content("  ") + line for line in lines),
    ]


def file_findings(findings: Sequence[EnvironmentFinding], unknowns: Sequence[SafeText]) -> Content:
    """The first problem of the file itself, in one line.

    Args:
        findings: The findings of keys and of the file.
        unknowns: What could not be checked; shown if there are no problems.
    """
    of_file = [finding for finding in findings if not finding.key]
    if not of_file:
        return Content.styled(f"! {unknowns[0]}", "$text-warning") if unknowns else Content("")
    first = of_file[0]
    mark, tone = MARKS[first.level]
    where = f"line {first.line}: " if first.line else ""
    more = f"  (and {len(of_file) - 1} more)" if len(of_file) > 1 else ""
    return Content.assemble(
        (f"{mark} {where}{first.message}", STYLES[tone]),
        (f" {first.hint}{more}", "$foreground-muted"),
    )
