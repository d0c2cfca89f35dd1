"""How a plan is confirmed, depending on its risk. Pure.

A safe plan needs Enter. A disruptive plan needs a key that arms it, then Enter. Some plans need a
word typed to the letter. A key that is held down, or pressed twice by accident, confirms nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pixel_tui.humanize import listed
from pixel_tui.operations.planning.plan import Plan, Risk
from pixel_tui.text import NO_TEXT, SafeText, plain

SLIP_SECONDS: Final = 1.0
"""The same key again within this time is an accident; a held key starts to repeat sooner."""


class ConfirmationNeeded(StrEnum):
    """What confirms a plan."""

    KEY = "key"
    TWO_KEYS = "two keys"
    WORD = "word"


def confirmation_of(plan: Plan) -> ConfirmationNeeded:
    """Return what confirms a plan."""
    if plan.confirm or plan.confirm_loss or plan.confirm_origin or plan.risk is Risk.DESTRUCTIVE:
        return ConfirmationNeeded.WORD
    return ConfirmationNeeded.KEY if plan.risk is Risk.SAFE else ConfirmationNeeded.TWO_KEYS


def required_words(plan: Plan) -> tuple[SafeText, ...]:
    """Return the words to type, one after the other; empty if a key is enough."""
    if confirmation_of(plan) is not ConfirmationNeeded.WORD:
        return ()
    first = plan.confirm or plan.project
    return (first, *(word for word in (plan.confirm_origin, plan.confirm_loss) if word))


def word_reason(plan: Plan, word: SafeText) -> SafeText:
    """Return why another word than the first one is needed."""
    if word == plan.confirm_origin:
        return SafeText("the backup was not made here")
    return SafeText("no backup has everything that is lost")


@dataclass(frozen=True, slots=True)
class PlanKeys:
    """The keys of a plan's screen, as texts name them."""

    arm: SafeText = SafeText("y")
    disarm: SafeText = SafeText("Esc")
    more: SafeText = SafeText("PageDown")


@dataclass(frozen=True, slots=True)
class ConfirmationReply:
    """The response to a key or a typed word."""

    run: bool
    message: SafeText
    """The next thing to do, or why nothing was done."""
    rejected: bool = False
    """The key or word was wrong or too early."""


class PlanConfirmation:
    """The progress of confirming a plan that is on the screen.

    Args:
        plan: The plan.
        now: When it was shown, in seconds of a monotonic clock. The key that opened it may have
            been Enter, and may still be held down.
    """

    def __init__(self, plan: Plan, now: float) -> None:
        self._plan = plan
        self.keys = PlanKeys()
        """The keys that the hints name."""
        self._opened = now
        self._pressed: float | None = now
        self._typed = 0
        """The number of words typed so far."""
        self.shown = not plan.irreversible
        """Everything that can't be undone has been on the screen."""
        self.armed = False
        """Enter runs it."""

    def mark_shown(self) -> None:
        """Note that everything that can't be undone has been on the screen."""
        self.shown = True

    @property
    def kind(self) -> ConfirmationNeeded:
        """What confirms the plan."""
        return confirmation_of(self._plan)

    @property
    def hint(self) -> SafeText:
        """The next key to press or word to type."""
        if not self.shown:
            also = " or is interrupted" if self._plan.interrupts else ""
            key = self.keys.more
            return plain(f"First scroll down ({key}) to everything that can't be undone{also}.")
        match self.kind:
            case ConfirmationNeeded.KEY:
                return SafeText("Enter runs it.")
            case ConfirmationNeeded.WORD:
                words = required_words(self._plan)
                if self._typed:
                    word = words[self._typed]
                    why = word_reason(self._plan, word)
                    last = " to run it" if self._typed == len(words) - 1 else ""
                    return plain(f"{why[0].upper()}{why[1:]}. Type {word} as well{last}.")
                then = " (then another word)" if len(words) > 1 else " to run it"
                return plain(f"Type {words[0]} and press Enter{then}.")
            case ConfirmationNeeded.TWO_KEYS if self.armed:
                return plain(f"Press Enter to run it: {self._cost}. {self.keys.disarm} disarms it.")
            case ConfirmationNeeded.TWO_KEYS:
                return plain(f"{self.keys.arm}, and then Enter, runs it.")

    def press_y(self) -> ConfirmationReply:
        """Handle the key: it runs a safe plan, and arms a disruptive one."""
        self._pressed = None
        if not self.shown:
            return ConfirmationReply(run=False, message=self.hint, rejected=True)
        if self.kind is ConfirmationNeeded.KEY:
            return ConfirmationReply(run=True, message=self.hint)
        self.armed = self.kind is ConfirmationNeeded.TWO_KEYS
        return ConfirmationReply(run=False, message=self.hint)

    def press_enter(self, now: float) -> ConfirmationReply:
        """Handle Enter, or a click, on the Run button."""
        before, self._pressed = self._pressed, now
        slipped = before is not None and now - before < SLIP_SECONDS
        if self.kind is ConfirmationNeeded.WORD or not self.shown:
            return ConfirmationReply(run=False, message=self.hint, rejected=True)
        if slipped:
            message = plain(f"That was too fast. {self.hint}")
            return ConfirmationReply(run=False, message=message, rejected=True)
        if self.kind is ConfirmationNeeded.TWO_KEYS and not self.armed:
            self.armed = True
            return ConfirmationReply(run=False, message=self.hint)
        return ConfirmationReply(run=True, message=self.hint)

    def accepts_cancel(self, now: float) -> bool:
        """Whether Enter on Cancel counts: not if it may be the Enter that opened the plan."""
        return now - self._opened >= SLIP_SECONDS

    def submit_word(self, word: str) -> ConfirmationReply:
        """Handle a typed word."""
        words = required_words(self._plan)
        wanted = words[self._typed] if words else NO_TEXT
        if not self.shown:
            return ConfirmationReply(run=False, message=self.hint, rejected=True)
        if wanted and word == wanted:
            last = self._typed == len(words) - 1
            self._typed += 0 if last else 1
            return ConfirmationReply(run=last, message=self.hint)
        message = f"“{plain(word)}” is not {wanted}: nothing was changed. " if word else ""
        return ConfirmationReply(run=False, message=plain(f"{message}{self.hint}"), rejected=True)

    def disarm(self) -> bool:
        """Disarm the plan; returns whether it was armed."""
        was, self.armed = self.armed, False
        return was

    @property
    def _cost(self) -> str:
        names = list(dict.fromkeys(line.partition(": ")[0] for line in self._plan.interrupts))
        return f"it interrupts {listed(names)}" if names else self._plan.risk.value
