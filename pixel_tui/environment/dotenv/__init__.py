"""The text of a `.env`: lines, quoting, expansion, differences. Pure."""
