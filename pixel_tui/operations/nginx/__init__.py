"""What nginx has pinned and routes where."""
