"""Screens and helpers of several subjects: dialogs, prompts, lists, help, messages."""
