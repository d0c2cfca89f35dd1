"""Python's argument parser, with Docker's form of help, and the word nearest to a mistyped one."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn

from pixel_tui.command_help import CommandHelp, HelpSection, help_text, usage_text
from pixel_tui.nearest_word import nearest_word

OPTIONS: Final = "options"
"""The group of options that Python's parser makes by itself."""


class ArgumentParser(argparse.ArgumentParser):
    """Reads a command line; the parsers of its commands are of this kind too."""

    words: Sequence[str] = ()
    """The command line, if an option before a wrong command is to be named."""
    verbs: Mapping[str, str] = {}
    """What each choice of the first argument does, if the choices are commands."""
    exits: Mapping[int, str] = {}
    """The exit codes and what they mean."""
    examples: Sequence[str] = ()

    def format_usage(self) -> str:
        """One line: `Usage:  pixel-tui logs [OPTIONS] [SERVICE...]`."""
        return f"{usage_text(self._usage())}\n"

    def format_help(self) -> str:
        """The complete text of `--help`."""
        commands = tuple(self._commands())
        which = f"{self.prog} COMMAND" if self._subparsers else ""
        return help_text(
            CommandHelp(
                self._usage(),
                self.description or "",
                (HelpSection("Commands", commands), *self._option_sections()),
                self.exits,
                self.examples,
                f"Run '{which} --help' for more information on a command." if which else "",
            )
        )

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, the usage and where to read on; exit with 2."""
        more = f"Run '{self.prog} --help' for more information."
        self.exit(2, f"{self.prog}: {message}\n\n{self.format_usage()}\n{more}\n")

    def _usage(self) -> str:
        positional = [_usage_word(each) for each in self._actions if not each.option_strings]
        return " ".join((self.prog, "[OPTIONS]", *positional))

    def _commands(self) -> Iterable[tuple[str, str]]:
        yield from self.verbs.items()
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  it has no other name
                for each in action._get_subactions():  # noqa: SLF001  as Python's own help does
                    yield each.dest, each.help or ""

    def _option_sections(self) -> Iterable[HelpSection]:
        for group in self._action_groups:
            options = [each for each in group._group_actions if each.option_strings]  # noqa: SLF001
            rows = sorted(options, key=lambda each: each.option_strings[-1].lstrip("-"))
            title = (group.title or OPTIONS).capitalize()
            yield HelpSection(title, [(_option_term(row), row.help or "") for row in rows])

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        among = f" (choose from {', '.join(choices)})"
        near = did_you_mean(str(value), choices)
        commands = isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        if not commands and (action.option_strings or not self.verbs):
            raise argparse.ArgumentError(action, f"invalid choice: {value!r}{among}{near}")
        if option := self._unknown_before(str(value)):
            known = [name for each in self._actions for name in each.option_strings]
            self.error(f"unknown option: {option}{did_you_mean(option, known)}")
        self.error(f"unknown command: {value!r}{near or among}")

    def _unknown_before(self, word: str) -> str:
        """The unknown option whose value was taken for a command; empty if there is none."""
        at = self.words.index(word) if word in self.words else 0
        option = self.words[at - 1].partition("=")[0] if at else ""
        known = (name for each in self._actions for name in each.option_strings)
        wrong = option.startswith("--") and not any(name.startswith(option) for name in known)
        return option if wrong else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to follow an error; empty if no word is near."""
    near = nearest_word(word, known)
    return f". Did you mean {near}?" if near else ""


def _usage_word(action: argparse.Action) -> str:
    """How an argument without a name is written in the usage."""
    if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  it has no other name
        return str(action.metavar)
    name = str(action.metavar or action.dest.upper())
    return {"?": f"[{name}]", "*": f"[{name}...]"}.get(str(action.nargs), name)


def _option_term(action: argparse.Action) -> str:
    """An option with what it takes: `-f, --file FILE`."""
    *short, long = action.option_strings
    takes = f" {action.metavar or action.dest.upper()}" if action.nargs != 0 else ""
    return f"{short[0]}, {long}{takes}" if short else f"    {long}{takes}"
