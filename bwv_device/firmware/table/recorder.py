"""What the recorder and the card report. A fault ends a recording and closes its clip.

Rows of the transition table; who uses it: `table`.
"""

from bwv_device.firmware.events import Trigger as T
from bwv_device.firmware.indications import Moment as M
from bwv_device.firmware.states import State as S
from bwv_device.firmware.table.row import Action as A
from bwv_device.firmware.table.row import Guard as G
from bwv_device.firmware.table.row import Row
from bwv_device.firmware.table.sources import (
    AXIS_AMBER,
    AXON_ALARMS,
    AXON_OPERATION,
    NORFOLK_P4,
    SOUND_GOES_ON,
    UNLEARNT,
)

RECORDER: tuple[Row, ...] = (
    Row(T.RECORDER_STARTED, S.PRE_RECORD, None, "own choice: the ring fills"),
    Row(T.RECORDER_STARTED, S.RECORDING, None, "own choice: the clip grows"),
    Row(
        T.RECORDER_FAILED, S.BOOTING, None, UNLEARNT, plays=(M.FAULT,), actions=(A.REMEMBER_FAULT,)
    ),
    Row(
        T.RECORDER_FAILED,
        S.STANDBY,
        S.FAULT,
        AXIS_AMBER,
        plays=(M.FAULT,),
        actions=(A.REMEMBER_FAULT,),
    ),
    Row(
        T.RECORDER_FAILED,
        S.PRE_RECORD,
        S.FAULT,
        AXIS_AMBER,
        plays=(M.FAULT,),
        actions=(A.REMEMBER_FAULT, A.DISARM),
    ),
    Row(
        T.RECORDER_FAILED,
        S.RECORDING,
        S.FAULT,
        AXIS_AMBER,
        plays=(M.STOP, M.FAULT),
        actions=(A.REMEMBER_FAULT, A.STOP_RECORDING, A.DISARM),
    ),
    Row(T.RECORDER_FAILED, S.DOCKED, None, UNLEARNT, plays=(M.FAULT,), actions=(A.REMEMBER_FAULT,)),
    Row(T.RECORDER_FAILED, S.FAULT, None, AXIS_AMBER),
    Row(
        T.RECORDER_FAILED,
        S.SHUTTING_DOWN,
        None,
        "own choice: the last clip did not close, and the wearer hears it",
        plays=(M.FAULT,),
    ),
    Row(
        T.CAPTURE_LOST,
        S.PRE_RECORD,
        S.FAULT,
        AXIS_AMBER,
        plays=(M.FAULT,),
        actions=(A.REMEMBER_FAULT, A.DISARM),
    ),
    Row(
        T.CAPTURE_LOST,
        S.RECORDING,
        None,
        SOUND_GOES_ON,
        plays=(M.FAULT,),
        actions=(A.REMEMBER_FAULT,),
    ),
    Row(T.CAPTURE_BACK, S.RECORDING, None, SOUND_GOES_ON, actions=(A.FORGET_FAULT,)),
    Row(T.STORAGE_FULL, S.BOOTING, None, UNLEARNT, plays=(M.FAULT,), actions=(A.REMEMBER_FAULT,)),
    Row(
        T.STORAGE_FULL,
        S.STANDBY,
        S.FAULT,
        AXON_ALARMS,
        plays=(M.FAULT,),
        actions=(A.REMEMBER_FAULT,),
    ),
    Row(
        T.STORAGE_FULL,
        S.PRE_RECORD,
        S.FAULT,
        AXON_ALARMS,
        plays=(M.FAULT,),
        actions=(A.REMEMBER_FAULT, A.DISARM),
    ),
    Row(
        T.STORAGE_FULL,
        S.RECORDING,
        S.FAULT,
        AXON_ALARMS,
        plays=(M.STOP, M.FAULT),
        actions=(A.REMEMBER_FAULT, A.STOP_RECORDING, A.DISARM),
    ),
    Row(T.STORAGE_FULL, S.DOCKED, None, UNLEARNT, plays=(M.FAULT,), actions=(A.REMEMBER_FAULT,)),
    Row(T.STORAGE_FULL, S.FAULT, None, AXON_ALARMS),
    Row(T.FAULT_CLEARED, S.BOOTING, None, UNLEARNT, actions=(A.FORGET_FAULT,)),
    Row(T.FAULT_CLEARED, S.DOCKED, None, UNLEARNT, actions=(A.FORGET_FAULT,)),
    Row(
        T.FAULT_CLEARED,
        S.FAULT,
        S.PRE_RECORD,
        AXON_OPERATION,
        guards=(G.READY_IS_PRE_RECORD,),
        actions=(A.FORGET_FAULT, A.ARM),
    ),
    Row(T.FAULT_CLEARED, S.FAULT, S.STANDBY, NORFOLK_P4, actions=(A.FORGET_FAULT,)),
)
