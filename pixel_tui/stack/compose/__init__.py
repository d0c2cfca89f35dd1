"""How compose is called, and the files that it reads."""
