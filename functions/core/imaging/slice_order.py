"""The order of slices as far as the raw bytes of a data set tell it, before anything is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.core.imaging import data_set as tags
from functions.core.imaging.errors import DataSetMalformed
from functions.core.imaging.geometry import along_normal

if TYPE_CHECKING:
    from functions.core.imaging.preparing import Received


def sort_key(received: Received) -> tuple[int, float, float, str]:
    """Key by place along the slice normal, else by instance number, else by UID; unreadable data sets last."""
    try:
        walked = received.walked
    except DataSetMalformed:
        return 2, 0.0, 0.0, received.sop_uid
    number = (walked.decimals(tags.INSTANCE_NUMBER) or (0.0,))[0]
    place = along_normal(walked.decimals(tags.ORIENTATION), walked.decimals(tags.POSITION))
    return (1, 0.0, number, received.sop_uid) if place is None else (0, place, number, received.sop_uid)
