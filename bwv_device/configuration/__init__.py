"""The camera's configuration: TOML, validated, every key documented, frozen once read.

Who uses it: the agent and the command line. `load_configuration` is the way in;
`docs/configuration.md` lists the keys.
"""

from bwv_device.configuration.load import load_configuration
from bwv_device.configuration.model import Configuration

__all__ = ["Configuration", "load_configuration"]
