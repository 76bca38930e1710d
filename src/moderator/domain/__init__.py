"""The values that every stage speaks: frozen, without behaviour that needs the outside."""
