"""An argument parser that names the invalid word and suggests the nearest valid one."""

import argparse
from collections.abc import Iterable, Sequence

from pixel_tui.nearest_word import nearest_word


class ArgumentParser(argparse.ArgumentParser):
    """Parses a command line; also the class of the commands' parsers."""

    words: Sequence[str] = ()
    """The command line, to name an unknown option before what seems to be a command."""

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  it has no other name
            message = f"invalid choice: {value!r} (choose from {', '.join(choices)})"
            raise argparse.ArgumentError(action, f"{message}{did_you_mean(str(value), choices)}")
        if option := self._unknown_option(str(value)):
            known = [name for each in self._actions for name in each.option_strings]
            self.error(f"there is no option {option}{did_you_mean(option, known)}")
        choices_text = f" (choose from {', '.join(choices)})"
        self.error(
            f"there is no command {value!r}{did_you_mean(str(value), choices) or choices_text}"
        )

    def _unknown_option(self, word: str) -> str:
        """Return the unknown option whose value was taken for a command; empty if there is none."""
        at = self.words.index(word) if word in self.words else 0
        option = self.words[at - 1].partition("=")[0] if at else ""
        known = (name for each in self._actions for name in each.option_strings)
        is_unknown = option.startswith("--") and not any(name.startswith(option) for name in known)
        return option if is_unknown else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a suggestion to append to an error; empty if no word is near."""
    nearest = nearest_word(word, known)
    return f". Did you mean {nearest}?" if nearest else ""
