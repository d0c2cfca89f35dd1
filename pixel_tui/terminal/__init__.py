"""Everything that depends on the internals of Textual or of the terminal."""
