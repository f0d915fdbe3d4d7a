"""What can be wrong with image bytes.

    ImagingError
    ├── ParcelDamaged      stored bytes are not what was written; another copy is needed
    ├── ParcelUnknown      a version, kind or algorithm this reader does not know
    ├── DataSetMalformed   received bytes cannot be walked as a DICOM data set
    ├── PixelsUnreadable   a frame cannot be decoded
    └── WindowTooNarrow    a window that has no width

None of them carries a UID, name or any other value of the data set: they may be logged.
"""

from __future__ import annotations

from functions.core.errors import LightboxError


class ImagingError(LightboxError):
    """Base: a message made of numbers and field names, and what to do next."""

    message = "Image bytes could not be used."
    hint = "Fetch the object again; download the original if it stays so."


class ParcelDamaged(ImagingError):
    message = "Parcel damaged: {what}."
    hint = "Fetch it again; if it stays so, restore the object from another copy."
    retry = True


class ParcelUnknown(ImagingError):
    message = "Parcel not understood: {what}."
    hint = "It was written by a newer version; update this reader."


class DataSetMalformed(ImagingError):
    message = "Data set cannot be walked: {what} at byte {offset}."
    hint = "Its bytes are kept as received."


class PixelsUnreadable(ImagingError):
    message = "Frame cannot be decoded: {what}."
    hint = "Its bytes are kept as received; download the original to open it elsewhere."


class WindowTooNarrow(ImagingError):
    message = "Window width {width} is too small for {function}."
    hint = "LINEAR needs a width of at least 1, the others more than 0."
