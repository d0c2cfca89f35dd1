"""Widgets of the dashboard: details, events, jobs, status bar, banner, advice."""
