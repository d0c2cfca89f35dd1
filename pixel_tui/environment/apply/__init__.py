"""Applying an environment: impact, steps, the countdown, the roll-back."""
