"""A stand-in WeCom and a sender of callbacks: for the demo, the tests and the load test."""
