"""Log lines: level, fields, groups, search, export. Pure."""
