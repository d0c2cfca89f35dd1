"""The files on disk: versions, drafts, owners, staged candidates."""
