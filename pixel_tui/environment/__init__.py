"""Environment files: reading, checking, editing and applying them."""
