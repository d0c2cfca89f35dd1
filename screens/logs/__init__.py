"""What the log pane asks: a line, services, filters, export."""
