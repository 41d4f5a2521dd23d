"""The agent: wires firmware, recorder, store, dock client and hardware into one camera."""
