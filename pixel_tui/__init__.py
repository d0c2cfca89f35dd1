"""A terminal console for people who run a Docker Compose stack."""

__version__ = "0.1.0"
