"""A stand-in WeCom: its API as a real HTTP server, and a sender of signed, encrypted callbacks.

For the demo, the tests and `moderator rehearse`; the service itself never imports it.
"""
