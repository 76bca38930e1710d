"""Finding rules in text: one automaton, then a look at what it found.  Pure."""
