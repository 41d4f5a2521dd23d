"""The wearer's controls, and whoever else starts and stops.

Rows of the transition table; who uses it: `table`.
"""

from bwv_device.firmware.events import Trigger as T
from bwv_device.firmware.indications import Moment as M
from bwv_device.firmware.states import State as S
from bwv_device.firmware.table.row import Action as A
from bwv_device.firmware.table.row import Guard as G
from bwv_device.firmware.table.row import Row
from bwv_device.firmware.table.sources import (
    AXON_ALARMS,
    AXON_OPERATION,
    ESSEX_KENT,
    NEVER_SILENT,
    NORFOLK_P4,
)

WEARER: tuple[Row, ...] = (
    Row(
        T.ARM,
        S.STANDBY,
        S.PRE_RECORD,
        ESSEX_KENT,
        guards=(G.HAS_PRE_RECORD,),
        actions=(A.ARM,),
    ),
    Row(T.DISARM, S.PRE_RECORD, S.STANDBY, NORFOLK_P4, actions=(A.DISARM,)),
    Row(
        T.START,
        S.STANDBY,
        S.RECORDING,
        AXON_OPERATION,
        plays=(M.START,),
        actions=(A.START_RECORDING,),
    ),
    Row(
        T.START,
        S.PRE_RECORD,
        S.RECORDING,
        AXON_OPERATION,
        plays=(M.START,),
        actions=(A.START_RECORDING,),
    ),
    Row(
        T.START,
        S.RECORDING,
        None,
        "own choice: it already records, and an instant worth a start is worth finding",
        plays=(M.BOOKMARK,),
        actions=(A.MARK_BOOKMARK,),
    ),
    Row(T.START, S.BOOTING, None, NEVER_SILENT, plays=(M.START_REFUSED,)),
    Row(T.START, S.DOCKED, None, NEVER_SILENT, plays=(M.START_REFUSED,)),
    Row(T.START, S.FAULT, None, AXON_ALARMS, plays=(M.START_REFUSED,)),
    Row(T.START, S.SHUTTING_DOWN, None, NEVER_SILENT, plays=(M.START_REFUSED,)),
    Row(
        T.STOP,
        S.RECORDING,
        S.FAULT,
        "own choice: a camera without a picture is not ready",
        guards=(G.BEGAN_IN_RECORDING, G.FAULT_STANDS),
        plays=(M.STOP, M.FAULT),
        actions=(A.STOP_RECORDING, A.DISARM),
    ),
    Row(
        T.STOP,
        S.RECORDING,
        S.PRE_RECORD,
        AXON_OPERATION,
        guards=(G.BEGAN_IN_RECORDING, G.READY_IS_PRE_RECORD),
        plays=(M.STOP,),
        actions=(A.STOP_RECORDING, A.ARM),
    ),
    Row(
        T.STOP,
        S.RECORDING,
        S.STANDBY,
        AXON_OPERATION,
        guards=(G.BEGAN_IN_RECORDING,),
        plays=(M.STOP,),
        actions=(A.STOP_RECORDING, A.DISARM),
    ),
    Row(
        T.BOOKMARK,
        S.RECORDING,
        None,
        "Axon Body 2 manual p.11; Axis W701 manual p.53",
        guards=(G.BEGAN_IN_RECORDING,),
        plays=(M.BOOKMARK,),
        actions=(A.MARK_BOOKMARK,),
    ),
)
