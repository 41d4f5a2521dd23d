"""Models of the hardware: what it does with time, behind the interfaces of `hal`."""
