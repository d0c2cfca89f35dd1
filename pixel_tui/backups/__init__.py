"""Makes, verifies and restores backups; the worker is a separate program."""
