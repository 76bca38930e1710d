"""Who may enter, and what they prove it with."""
