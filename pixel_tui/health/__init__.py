"""Findings: what is wrong, why, and how to fix it. Pure."""
