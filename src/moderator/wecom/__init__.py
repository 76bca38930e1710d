"""WeCom's side of the wire: envelopes, events, tokens, the API."""
