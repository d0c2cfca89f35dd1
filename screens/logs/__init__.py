"""The dialogs of the log pane: a line, services, errors, export, search."""
