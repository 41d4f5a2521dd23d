"""What device and server say to each other: names, keys, files and digests, no I/O.

The contract is the Axis Body Worn Content Destination API (an OpenStack Swift subset).
Both sides import this package, so that a name can't be spelled in two ways.
"""
