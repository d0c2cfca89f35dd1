"""Signals that come while a program still imports, before it handles them itself.

A program calls one of these first: an import that Ctrl+C interrupts prints a traceback.
"""

import signal

_END_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def end_on_interrupt() -> None:
    """Let Ctrl+C end the program without a word; an ignored SIGINT stays ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def hold_end_signals() -> None:
    """Hold signals back, until `deliver_end_signals`, from a program that must see each of them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _END_SIGNALS)


def deliver_end_signals() -> None:
    """Deliver the signals that were held back, and all later ones."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _END_SIGNALS)
