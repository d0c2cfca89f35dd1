"""The actions: one file each, found by its `ACTION`."""
