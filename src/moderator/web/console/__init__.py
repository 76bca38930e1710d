"""The compliance desk in a browser: pages rendered here, made quick by small scripts of our own."""
