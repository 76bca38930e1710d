"""How many: by day, hour, rule and person."""
