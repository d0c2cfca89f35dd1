"""The log pane: its page, painter, position, query and chips."""
