"""Backups: making, verifying and restoring them; the worker is a program of its own."""
