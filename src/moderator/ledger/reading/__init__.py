"""Violations, one or millions, for whoever may see them."""
