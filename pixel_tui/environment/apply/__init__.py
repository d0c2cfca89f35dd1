"""Applying an environment: impact, steps, countdown and roll-back."""
