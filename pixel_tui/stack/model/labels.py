"""The labels that compose writes on what it makes."""

from typing import Final

LABEL: Final = "com.docker.compose."
"""What their names begin with."""
