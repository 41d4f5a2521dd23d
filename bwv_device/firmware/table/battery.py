"""A battery that gets low, and one that is at its end: off in good order before the power goes.

Rows of the transition table; who uses it: `table`.
"""

from bwv_device.firmware.events import Trigger as T
from bwv_device.firmware.indications import Moment as M
from bwv_device.firmware.states import State as S
from bwv_device.firmware.table.row import Action as A
from bwv_device.firmware.table.row import Row
from bwv_device.firmware.table.sources import AT_ITS_END, CHARGED, LOW_BATTERY

_ALIVE = (S.BOOTING, S.STANDBY, S.PRE_RECORD, S.RECORDING, S.DOCKED, S.FAULT)
_FAREWELL = (M.LOW_BATTERY, M.POWER_OFF)

BATTERY: tuple[Row, ...] = (
    *(
        Row(
            T.BATTERY_LOW,
            state,
            None,
            LOW_BATTERY,
            plays=(M.LOW_BATTERY,),
            actions=(A.REMEMBER_LOW_BATTERY,),
        )
        for state in _ALIVE
    ),
    *(
        Row(T.BATTERY_WELL, state, None, CHARGED, actions=(A.FORGET_LOW_BATTERY,))
        for state in _ALIVE
    ),
    Row(T.BATTERY_EMPTY, S.BOOTING, S.SHUTTING_DOWN, AT_ITS_END, plays=_FAREWELL),
    Row(T.BATTERY_EMPTY, S.STANDBY, S.SHUTTING_DOWN, AT_ITS_END, plays=_FAREWELL),
    Row(
        T.BATTERY_EMPTY,
        S.PRE_RECORD,
        S.SHUTTING_DOWN,
        AT_ITS_END,
        plays=_FAREWELL,
        actions=(A.DISARM,),
    ),
    Row(
        T.BATTERY_EMPTY,
        S.RECORDING,
        S.SHUTTING_DOWN,
        AT_ITS_END,
        plays=(M.STOP, *_FAREWELL),
        actions=(A.STOP_RECORDING, A.DISARM),
    ),
    Row(
        T.BATTERY_EMPTY,
        S.DOCKED,
        S.SHUTTING_DOWN,
        AT_ITS_END,
        plays=_FAREWELL,
        actions=(A.END_DOCKING,),
    ),
    Row(T.BATTERY_EMPTY, S.FAULT, S.SHUTTING_DOWN, AT_ITS_END, plays=_FAREWELL),
)
