"""What each event does in each state: the whole behaviour, as data.

Who uses it: `table_machine`, which runs it; `describe`, which draws it; tests, which walk over
it. A row that is not here does not happen: the event is noted as ignored. Where several rows
have the same trigger and source, the first whose guards all hold is taken.
"""

from bwv_device.firmware.table.battery import BATTERY
from bwv_device.firmware.table.dock import DOCK
from bwv_device.firmware.table.power import POWER
from bwv_device.firmware.table.recorder import RECORDER
from bwv_device.firmware.table.row import Action, Guard, Row
from bwv_device.firmware.table.wearer import WEARER

__all__ = ["TABLE", "Action", "Guard", "Row"]

TABLE: tuple[Row, ...] = POWER + WEARER + RECORDER + DOCK + BATTERY
"""Every row. The order matters only between rows of the same trigger and source."""
