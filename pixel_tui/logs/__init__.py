"""Lines of logs: level, fields, groups, search, export. Pure."""
