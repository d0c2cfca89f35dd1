"""Widgets of the dashboard: the details, the events, the jobs, the status bar, the banner."""
