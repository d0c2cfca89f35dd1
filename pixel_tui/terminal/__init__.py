"""Everything that knows the inside of Textual or of the terminal."""
