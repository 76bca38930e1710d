"""Inputs that nobody would send by accident: `python -m fuzz`."""
