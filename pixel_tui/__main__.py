"""The start of the ``pixel-tui`` command and of ``python -m pixel_tui``, which are the same."""

import sys

from pixel_tui.early_signals import end_on_interrupt


def main() -> int:
    """Run the program; returns its exit code."""
    end_on_interrupt()
    from pixel_tui.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
