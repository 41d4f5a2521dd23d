"""Sealing at rest: clips and tracks that only the destination's private key opens."""
