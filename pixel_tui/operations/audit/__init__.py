"""The audit trail: who did what, in a hash chain that shows gaps and edits."""
