"""Into the dock and out of it.

Rows of the transition table; who uses it: `table`.
"""

from bwv_device.firmware.events import Trigger as T
from bwv_device.firmware.indications import Moment as M
from bwv_device.firmware.states import State as S
from bwv_device.firmware.table.row import Action as A
from bwv_device.firmware.table.row import Guard as G
from bwv_device.firmware.table.row import Row
from bwv_device.firmware.table.sources import (
    AXIS_DOCK,
    AXON_OPERATION,
    NORFOLK_P4,
    UNLEARNT,
)

DOCK: tuple[Row, ...] = (
    Row(
        T.DOCK,
        S.STANDBY,
        S.DOCKED,
        AXIS_DOCK,
        plays=(M.DOCK,),
        actions=(A.REMEMBER_DOCK, A.BEGIN_DOCKING),
    ),
    Row(
        T.DOCK,
        S.PRE_RECORD,
        S.DOCKED,
        AXIS_DOCK,
        plays=(M.DOCK,),
        actions=(A.REMEMBER_DOCK, A.DISARM, A.BEGIN_DOCKING),
    ),
    Row(
        T.DOCK,
        S.RECORDING,
        S.DOCKED,
        "Axon Body 3 and 4 help: docked there is no buffer; own choice: the clip ends Docked",
        plays=(M.STOP, M.DOCK),
        actions=(A.REMEMBER_DOCK, A.STOP_RECORDING, A.DISARM, A.BEGIN_DOCKING),
    ),
    Row(
        T.DOCK,
        S.FAULT,
        S.DOCKED,
        "own choice: footage gets out of a camera that can't record",
        plays=(M.DOCK,),
        actions=(A.REMEMBER_DOCK, A.BEGIN_DOCKING),
    ),
    Row(
        T.UNDOCK,
        S.DOCKED,
        S.FAULT,
        UNLEARNT,
        guards=(G.FAULT_STANDS,),
        plays=(M.FAULT,),
        actions=(A.FORGET_DOCK, A.END_DOCKING),
    ),
    Row(
        T.UNDOCK,
        S.DOCKED,
        S.PRE_RECORD,
        AXON_OPERATION,
        guards=(G.READY_IS_PRE_RECORD,),
        actions=(A.FORGET_DOCK, A.END_DOCKING, A.ARM),
    ),
    Row(
        T.UNDOCK,
        S.DOCKED,
        S.STANDBY,
        NORFOLK_P4,
        actions=(A.FORGET_DOCK, A.END_DOCKING),
    ),
)
