"""Scenarios: what happens to a camera, and what must be true."""
