"""The text of `--help`, in the form of Docker's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HelpSection:
    """A heading with one line for each command, option or exit code."""

    title: str
    rows: Sequence[tuple[str, str]]
    """A term and what it means."""


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """What `--help` prints of one command."""

    usage: str
    """Without the word `Usage`: `pixel-tui logs [OPTIONS] [SERVICE...]`."""
    description: str = ""
    sections: Sequence[HelpSection] = ()
    exits: Mapping[int, str] = field(default_factory=dict)
    """The exit codes and what they mean."""
    examples: Sequence[str] = ()
    more: str = ""
    """The last line: where to read on."""


def usage_text(usage: str) -> str:
    """The line that begins with `Usage`, without a line end."""
    return f"Usage:  {usage}"


def help_text(command: CommandHelp) -> str:
    """The complete text, with a line end."""
    exits = tuple((str(code), meaning) for code, meaning in command.exits.items())
    sections = (*command.sections, HelpSection("Exit codes", exits))
    parts = [usage_text(command.usage), command.description]
    parts += [_section_text(section) for section in sections if section.rows]
    if command.examples:
        parts.append("\n".join(("Examples:", *(f"  {line}" for line in command.examples))))
    parts.append(command.more)
    return "\n\n".join(part for part in parts if part) + "\n"


def _section_text(section: HelpSection) -> str:
    width = max(len(term) for term, _ in section.rows)
    lines = (f"  {term.ljust(width)}   {meaning}".rstrip() for term, meaning in section.rows)
    return "\n".join((f"{section.title}:", *lines))
