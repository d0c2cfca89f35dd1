"""Lets ``python -m pixel_tui`` do what the ``pixel-tui`` command does."""

import sys

from pixel_tui.cli import main

sys.exit(main())
