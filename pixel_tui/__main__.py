"""Makes ``python -m pixel_tui`` the same as the ``pixel-tui`` command."""

import sys

from pixel_tui.cli import main

sys.exit(main())
