"""The environment editor and its dialogs."""
