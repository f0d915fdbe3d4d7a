"""`python -m tests.golden.make_parcels`: write parcels.json and parcels.bin anew. Seeded. For a new version only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from functions.core.imaging import series_index
from functions.core.imaging.parcel import Heads, Instance, Parcel, Received, decode_frame, open_heads, pack
from tests.core.imaging.samples import encapsulated, fetch_from, image, received

HERE = Path(__file__).parent
SERIES = "g" * 32
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"


def frame_name(sop_uid: str, number: int) -> str:
    """Stands in for the keyed name: 16 letters that tell frames apart."""
    digest = hashlib.sha256(f"{sop_uid}#{number}".encode()).digest()
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[byte % 32] for byte in digest[:16])


def scene(rows: int, columns: int, phase: float = 0) -> NDArray[np.float64]:
    """A smooth picture with an edge and a little noise, -1 … 1."""
    y, x = np.mgrid[:rows, :columns]
    noise = np.random.default_rng(int(1000 * phase) + rows).normal(0, 0.02, (rows, columns))
    disc = np.hypot(y - rows / 2, x - columns / 2) < min(rows, columns) / 3
    return np.clip(0.5 * np.sin(x / 9 + phase) * np.cos(y / 11) + 0.4 * disc + noise, -1, 1)


def cases() -> Iterator[tuple[str, list[Received]]]:
    """(name, instances of one series)."""
    slices = []
    for number in range(3):
        pixels = (1000 * scene(88, 72, number)).astype("i2")
        pixels[:4] = -2000
        slices.append(
            received(
                image(
                    pixels,
                    SOPInstanceUID=f"1.2.3.1.{number + 1}",
                    InstanceNumber=number + 1,
                    ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                    ImagePositionPatient=[-40, -48, -5 * number],
                    PixelSpacing=[1, 0.5],
                    SliceThickness=5,
                    RescaleSlope=1,
                    RescaleIntercept=-24,
                    RescaleType="HU",
                    WindowCenter=[40, 300],
                    WindowWidth=[400, 1500],
                    PixelPaddingValue=-2000,
                )
            )
        )
    yield "ct-signed-16", slices
    yield "mr-unsigned-16", [received(image((30000 + 30000 * scene(65, 97, 4)).astype("u2"), Modality="MR"))]
    overlay = ((2000 + 2000 * scene(64, 64, 5)).astype("u2")) | 0x8000
    form = {"BitsStored": 12, "HighBit": 11, "PhotometricInterpretation": "MONOCHROME1", "Modality": "CR"}
    yield "cr-12-in-16-stray-bits", [received(image(overlay, **form))]
    yield "nm-int8", [received(image((100 * scene(64, 64, 6)).astype("i1"), Modality="NM"))]
    colour = np.stack([(127 + 127 * scene(72, 64, phase)).astype("u1") for phase in (7, 8, 9)], axis=-1)
    yield "photo-rgb", [received(image(colour, Modality="XC"))]
    cine = np.stack([(127 + 127 * scene(48, 56, phase)).astype("u1") for phase in (10, 11, 12)])
    yield "us-cine", [received(image(cine, Modality="US", FrameTime="40"))]
    yield "dose-32", [received(image((1e6 + 1e6 * scene(20, 24, 13)).astype("u4"), Modality="RTDOSE"))]
    yield "mask-1-bit", [received(_mask())]
    yield "planar-rgb-small", [received(_planar())]
    yield "jpeg-passed-through", [_jpeg(colour)]


def _mask() -> Any:
    ds = image((scene(21, 19, 14) > 0).astype("u1"), Modality="SEG", BitsAllocated=1, BitsStored=1, HighBit=0)
    bits = np.packbits((scene(21, 19, 14) > 0).reshape(-1), bitorder="little").tobytes()
    ds.PixelData = bits + b"\0" * (len(bits) % 2)
    return ds


def _planar() -> Any:
    colour = np.stack([(127 + 127 * scene(16, 18, phase)).astype("u1") for phase in (15, 16, 17)], axis=-1)
    ds = image(colour, Modality="OT", PlanarConfiguration=1)
    ds.PixelData = colour.transpose(2, 0, 1).tobytes()
    return ds


def _jpeg(colour: NDArray[np.uint8]) -> Received:
    out = BytesIO()
    Image.fromarray(colour).save(out, "JPEG", quality=90, subsampling=0)
    ds = image(colour, Modality="XC", PhotometricInterpretation="YBR_FULL")
    return encapsulated(ds, [out.getvalue()], JPEG_BASELINE)


class Store:
    """Everything binary of the vectors in one file, by offset and length."""

    def __init__(self) -> None:
        self.data = bytearray()

    def put(self, data: bytes) -> dict[str, Any]:
        start = len(self.data)
        self.data += data
        return {"offset": start, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def vector(name: str, instances: list[Received], store: Store) -> dict[str, Any]:
    (parcel,) = pack(instances)
    heads = open_heads(parcel.heads.data)
    pages = series_index.build([heads], series=SERIES, version=1, declared=len(instances), complete=True, frame_name=frame_name)
    return {
        "name": name,
        "objects": {blob.kind: store.put(blob.data) for blob in parcel.blobs},
        "instances": [
            {"sop_uid": item.sop_uid, "sha256": item.sha256, "bytes": item.bytes, "mode": item.mode} for item in heads.instances
        ],
        "index": pages[0],
        "frames": [frame for item in heads.instances for frame in expected(heads, item, parcel, store)],
    }


def expected(heads: Heads, item: Instance, parcel: Parcel, store: Store) -> Iterator[dict[str, Any]]:
    """Stored values of each frame; at the three sizes for htj2k, else at full size."""
    for index in range(len(item.frames)):
        sizes = {"full": 0, "half": 1, "quarter": 2} if item.mode == "htj2k" else {"full": 0}
        yield {
            "frame": frame_name(item.sop_uid, item.first_frame + index + 1),
            "sizes": {
                size: values(decode_frame(heads, item, index, fetch_from(parcel), reduce).values, store)
                for size, reduce in sizes.items()
            },
        }


def values(array: NDArray[Any], store: Store) -> dict[str, Any]:
    kind = f"{'i' if array.dtype.kind == 'i' else 'u'}{array.dtype.itemsize * 8}"
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
    return {"shape": list(array.shape), "type": kind, **store.put(little.tobytes())}


def main() -> None:
    store = Store()
    vectors = [vector(name, instances, store) for name, instances in cases()]
    (HERE / "parcels.bin").write_bytes(store.data)
    (HERE / "parcels.json").write_text(json.dumps(vectors, indent=1) + "\n")


if __name__ == "__main__":
    main()
