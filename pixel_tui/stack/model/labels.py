"""The labels that compose sets on everything it creates."""

from typing import Final

LABEL: Final = "com.docker.compose."
"""The prefix of their names."""
