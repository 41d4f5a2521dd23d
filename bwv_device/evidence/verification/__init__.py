"""What a clip proves: checks that state facts, and one judge that weighs them.

Who uses it: `bwv verify` and `bwv export`. Nothing here needs a network or a server. The
procedure and the tables stand in docs/design/verification.md.
"""
