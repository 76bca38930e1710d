"""What counts against each person, recomputable at any time."""
