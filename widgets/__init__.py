"""Widgets. They draw models and know no service."""
