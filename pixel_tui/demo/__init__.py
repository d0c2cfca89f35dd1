"""The demo: a simulated stack, and simulated versions of everything a real console uses."""
