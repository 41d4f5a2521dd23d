"""What each part of the hardware is: one Protocol a module, with units in its docstrings."""
