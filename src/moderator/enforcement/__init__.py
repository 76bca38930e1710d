"""Where decided actions are carried out."""
