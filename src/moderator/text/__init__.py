"""Folding disguised text to a canonical form, with a map back to the original.  Pure."""
