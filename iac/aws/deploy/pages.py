"""The built pages in the web bucket: what has a digest in its name first, the page that names them last."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from iac.aws.deploy.errors import NotBuilt

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
PAGE = "index.html"


def content_type(path: Path) -> str:
    return TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def in_order(folder: Path) -> list[Path]:
    """Files as they are uploaded. Raises NotBuilt."""
    page = folder / PAGE
    if not page.is_file():
        raise NotBuilt(what="web/dist", command="make setup")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [path for path in files if path != page] + [page]


def upload(s3: Any, bucket: str, folder: Path, said: Callable[[str], None]) -> int:
    """Bring the built app into the bucket; older assets stay, since an open page still asks for them. Returns bytes."""
    files = in_order(folder)
    for path in files:
        key = path.relative_to(folder).as_posix()
        s3.put_object(
            Bucket=bucket,
            Key=key,
            Body=path.read_bytes(),
            ContentType=content_type(path),
            CacheControl=IMMUTABLE if key.startswith("assets/") else REVALIDATED,
        )
    total = sum(path.stat().st_size for path in files)
    said(f"web: {len(files)} files, {total / 1e6:.1f} MB")
    return total


def forget(cloudfront: Any, distribution: str) -> None:
    """Let the CDN ask for the page anew."""
    cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time_ns())},
    )
