"""The ledger: an append-only, hash-chained, signed account of what a device did.

Who uses it: the agent's scribe writes a camera's, the server writes its own, the dock client hands
segments over; the server's pages and `bwv ledger` read them. docs/design/ledger.md has the format,
the invariants and the numbered procedures. Nothing here knows a clock: whoever enters a fact
stamps it.
"""
