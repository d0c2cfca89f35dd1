"""Findings: what is wrong, why and what to do. Pure."""
