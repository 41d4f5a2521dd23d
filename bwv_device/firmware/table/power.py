"""Switching on and off. Switching off waits in `shutting_down` until the clip is closed.

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
    AXIS_DOCK,
    AXON_ALARMS,
    AXON_OPERATION,
    CAST_3,
    CONTACT,
    NORFOLK_P4,
)

POWER: tuple[Row, ...] = (
    Row(T.POWER_ON, S.OFF, S.BOOTING, AXON_ALARMS, (), (M.POWER_ON,), (A.FORGET_FAULT,)),
    Row(T.DOCK, S.OFF, None, CONTACT, actions=(A.REMEMBER_DOCK,)),
    Row(T.UNDOCK, S.OFF, None, CONTACT, actions=(A.FORGET_DOCK,)),
    Row(T.DOCK, S.BOOTING, None, CONTACT, actions=(A.REMEMBER_DOCK,)),
    Row(T.UNDOCK, S.BOOTING, None, CONTACT, actions=(A.FORGET_DOCK,)),
    Row(T.BOOT_DONE, S.BOOTING, S.DOCKED, AXIS_DOCK, (G.IN_DOCK,), (), (A.BEGIN_DOCKING,)),
    Row(T.BOOT_DONE, S.BOOTING, S.FAULT, AXIS_AMBER, (G.FAULT_STANDS,), (M.FAULT,)),
    Row(
        T.BOOT_DONE,
        S.BOOTING,
        S.PRE_RECORD,
        AXON_OPERATION,
        guards=(G.READY_IS_PRE_RECORD,),
        actions=(A.ARM,),
    ),
    Row(T.BOOT_DONE, S.BOOTING, S.STANDBY, NORFOLK_P4),
    Row(
        T.BOOT_FAILED,
        S.BOOTING,
        S.DOCKED,
        "own choice: in a dock the footage is worth the attempt",
        guards=(G.IN_DOCK,),
        plays=(M.FAULT,),
        actions=(A.REMEMBER_FAULT, A.BEGIN_DOCKING),
    ),
    Row(T.BOOT_FAILED, S.BOOTING, S.FAULT, AXIS_AMBER, (), (M.FAULT,), (A.REMEMBER_FAULT,)),
    Row(T.POWER_OFF, S.BOOTING, S.SHUTTING_DOWN, AXON_ALARMS, plays=(M.POWER_OFF,)),
    Row(T.POWER_OFF, S.STANDBY, S.SHUTTING_DOWN, AXON_ALARMS, plays=(M.POWER_OFF,)),
    Row(
        T.POWER_OFF,
        S.PRE_RECORD,
        S.SHUTTING_DOWN,
        AXON_ALARMS,
        plays=(M.POWER_OFF,),
        actions=(A.DISARM,),
    ),
    Row(
        T.POWER_OFF,
        S.RECORDING,
        S.SHUTTING_DOWN,
        CAST_3,
        plays=(M.STOP, M.POWER_OFF),
        actions=(A.STOP_RECORDING, A.DISARM),
    ),
    Row(
        T.POWER_OFF,
        S.DOCKED,
        S.SHUTTING_DOWN,
        AXON_ALARMS,
        plays=(M.POWER_OFF,),
        actions=(A.END_DOCKING,),
    ),
    Row(T.POWER_OFF, S.FAULT, S.SHUTTING_DOWN, AXON_ALARMS, plays=(M.POWER_OFF,)),
    Row(T.DOCK, S.SHUTTING_DOWN, None, CONTACT, actions=(A.REMEMBER_DOCK,)),
    Row(T.UNDOCK, S.SHUTTING_DOWN, None, CONTACT, actions=(A.FORGET_DOCK,)),
    Row(T.SHUT_DOWN_DONE, S.SHUTTING_DOWN, S.OFF, CAST_3, actions=(A.POWER_OFF,)),
)
