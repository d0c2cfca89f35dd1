"""How a plan is agreed to, by its risk. Pure.

A safe plan wants Enter. A disruptive one wants a key that arms it, and then Enter. Where
something has to be typed, it wants that word to the letter. No key that is held down, or hit
twice by a slip, gets through any of them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.operations.planning.plan import Plan, Risk
from pixel_tui.operations.planning.words import listed
from pixel_tui.text import NO_TEXT, SafeText, plain

SLIP_SECONDS: Final = 1.0
"""Within so long the same key again is a slip; a key that is held down begins to repeat before."""


class ConfirmationNeeded(StrEnum):
    """What a plan wants before it is run."""

    KEY = "key"
    TWO_KEYS = "two keys"
    WORD = "word"


def confirmation_of(plan: Plan) -> ConfirmationNeeded:
    """What a plan wants."""
    if plan.confirm or plan.confirm_loss or plan.confirm_origin or plan.risk is Risk.DESTRUCTIVE:
        return ConfirmationNeeded.WORD
    return ConfirmationNeeded.KEY if plan.risk is Risk.SAFE else ConfirmationNeeded.TWO_KEYS


def words_of(plan: Plan) -> tuple[SafeText, ...]:
    """What has to be typed, one after the other; empty if a key is enough."""
    if confirmation_of(plan) is not ConfirmationNeeded.WORD:
        return ()
    first = plan.confirm or plan.project
    return (first, *(word for word in (plan.confirm_origin, plan.confirm_loss) if word))


def why_asked(plan: Plan, word: SafeText) -> SafeText:
    """Why a word is asked for beside the first one."""
    if word == plan.confirm_origin:
        return SafeText("the backup was not made here")
    return SafeText("no backup has everything that is lost")


@dataclass(frozen=True, slots=True)
class ConfirmationReply:
    """What came of a key."""

    run: bool
    said: SafeText
    """What to do next, or why nothing was done."""
    wrong: bool = False
    """It was no step towards running it."""


class Agreement:
    """Where one stands with a plan that is shown.

    Args:
        plan: What is shown.
        now: Seconds on a clock that never goes back: when it was shown. The key that asked
            for it may have been Enter, and may still be held down.
    """

    def __init__(self, plan: Plan, now: float) -> None:
        self._plan = plan
        self._opened = now
        self._pressed: float | None = now
        self._typed = 0
        """How many of the words have been typed."""
        self.shown = not plan.irreversible
        """All that a plan costs which can't be undone has been on the screen."""
        self.armed = False
        """Enter runs it."""

    def show(self) -> None:
        """All that it costs has been on the screen now."""
        self.shown = True

    @property
    def kind(self) -> ConfirmationNeeded:
        """What it wants."""
        return confirmation_of(self._plan)

    @property
    def hint(self) -> SafeText:
        """What to press now."""
        if not self.shown:
            also = " or is interrupted" if self._plan.interrupts else ""
            return plain(f"First scroll down (PageDown) to everything that can't be undone{also}.")
        match self.kind:
            case ConfirmationNeeded.KEY:
                return SafeText("Enter runs it.")
            case ConfirmationNeeded.WORD:
                words = words_of(self._plan)
                if self._typed:
                    word = words[self._typed]
                    why = why_asked(self._plan, word)
                    last = " to run it" if self._typed == len(words) - 1 else ""
                    return plain(f"{why[0].upper()}{why[1:]}. Type {word} as well{last}.")
                then = " (then another word)" if len(words) > 1 else " to run it"
                return plain(f"Type {words[0]} and press Enter{then}.")
            case ConfirmationNeeded.TWO_KEYS if self.armed:
                return plain(f"Press Enter to run it: {self._cost}. Esc disarms it.")
            case ConfirmationNeeded.TWO_KEYS:
                return SafeText("y, and then Enter, runs it.")

    def yes(self) -> ConfirmationReply:
        """`y` was pressed: it runs what is safe, and arms what interrupts something."""
        self._pressed = None
        if not self.shown:
            return ConfirmationReply(run=False, said=self.hint, wrong=True)
        if self.kind is ConfirmationNeeded.KEY:
            return ConfirmationReply(run=True, said=self.hint)
        self.armed = self.kind is ConfirmationNeeded.TWO_KEYS
        return ConfirmationReply(run=False, said=self.hint)

    def enter(self, now: float) -> ConfirmationReply:
        """Enter was pressed on the button that runs it, or that was clicked on."""
        before, self._pressed = self._pressed, now
        slipped = before is not None and now - before < SLIP_SECONDS
        if self.kind is ConfirmationNeeded.WORD or not self.shown:
            return ConfirmationReply(run=False, said=self.hint, wrong=True)
        if slipped:
            said = plain(f"That was too fast. {self.hint}")
            return ConfirmationReply(run=False, said=said, wrong=True)
        if self.kind is ConfirmationNeeded.TWO_KEYS and not self.armed:
            self.armed = True
            return ConfirmationReply(run=False, said=self.hint)
        return ConfirmationReply(run=True, said=self.hint)

    def cancels(self, now: float) -> bool:
        """Whether Enter on the button that cancels is meant, and not the Enter that asked."""
        return now - self._opened >= SLIP_SECONDS

    def typed(self, word: str) -> ConfirmationReply:
        """A word was typed, and Enter pressed."""
        words = words_of(self._plan)
        wanted = words[self._typed] if words else NO_TEXT
        if not self.shown:
            return ConfirmationReply(run=False, said=self.hint, wrong=True)
        if wanted and word == wanted:
            last = self._typed == len(words) - 1
            self._typed += 0 if last else 1
            return ConfirmationReply(run=last, said=self.hint)
        said = f"“{plain(word)}” is not {wanted}: nothing was changed. " if word else ""
        return ConfirmationReply(run=False, said=plain(f"{said}{self.hint}"), wrong=True)

    def disarm(self) -> bool:
        """Esc was pressed: whether there was something to disarm."""
        was, self.armed = self.armed, False
        return was

    @property
    def _cost(self) -> str:
        names = list(dict.fromkeys(line.partition(": ")[0] for line in self._plan.interrupts))
        return f"it interrupts {listed(names)}" if names else self._plan.risk.value
