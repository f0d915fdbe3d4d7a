"""OHIF's own web app as npm ships it, minified and configured: a folder that any static server serves.

npm's build is not minified, which would triple what a visitor downloads; esbuild does that once. Nothing else is changed but the
configuration, which keeps OHIF's own limits of requests and workers.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from bench.harness import NotHere
from iac.local.made import made_once
from iac.local.packages import PackageMissing, Pin, cache_root, download

OHIF = Pin(
    name="@ohif/app",
    version="3.13.2",
    form="npm",
    sha256="b189d3963bfc58e9394a9db8c7be75d07beb029ec211dbb126d47b62969dd3f1",
    why="the viewer that ours is measured against",
    files={},
)
_ESBUILD = {
    "x86_64": ("@esbuild/linux-x64", "9573bb2233aab0f9ea7647d5cca9726113cc1768de61d66b17267f4db84488f6"),
    "aarch64": ("@esbuild/linux-arm64", "a96dbfa41d3ef5dbd1ef22b1c10d5187be9267e86093a870f06402a7ec931596"),
}
ESBUILD_VERSION = "0.28.2"
# never asked for by this study: a neural network's runtime and a microscopy viewer
LEFT_OUT = ("ort", "dicom-microscopy-viewer")
DICOMWEB = "/dicom-web"
_SOURCE = {
    "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
    "sourceName": "orthanc",
    "configuration": {
        "friendlyName": "Orthanc",
        "name": "orthanc",
        "wadoUriRoot": "/wado",
        "qidoRoot": DICOMWEB,
        "wadoRoot": DICOMWEB,
        "qidoSupportsIncludeField": True,
        "imageRendering": "wadors",
        "thumbnailRendering": "wadors",
        "enableStudyLazyLoad": True,
        "supportsFuzzyMatching": False,
        "supportsWildcard": True,
        "dicomUploadEnabled": False,
        "omitQuotationForMultipartRequest": True,
    },
}
# as in the package's app-config.js, its data source apart
CONFIG = {
    "routerBasename": None,
    "extensions": [],
    "modes": [],
    "customizationService": {},
    "showStudyList": True,
    "maxNumberOfWebWorkers": 3,
    "showWarningMessageForCrossOrigin": True,
    "showCPUFallbackMessage": True,
    "showLoadingIndicator": True,
    "experimentalStudyBrowserSort": False,
    "strictZSpacingForVolumeViewport": True,
    "groupEnabledModesFirst": True,
    "maxNumRequests": {"interaction": 100, "thumbnail": 5, "prefetch": 25},
    "defaultDataSourceName": "orthanc",
    "dataSources": [_SOURCE],
}


def ohif_app(root: Path | None = None) -> Path:
    """The folder, fetched and minified the first time. Raises NotHere when the registry does not answer."""
    place = (root or cache_root()) / f"ohif-{OHIF.version}-minified"
    try:
        return made_once(place, _build)
    except PackageMissing as error:
        raise NotHere(str(error)) from error


def _build(fresh: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        _unpack(OHIF, work / "ohif")
        minifier = _esbuild(work)
        dist = work / "ohif" / "package" / "dist"
        shutil.copytree(dist, fresh, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT, "*.map"))
        scripts = [str(path) for path in fresh.glob("*.js") if not path.name.endswith(".min.js")]
        options = ["--minify", "--allow-overwrite", "--log-level=error", f"--outdir={fresh}"]
        subprocess.run([minifier, *scripts, *options], check=True, timeout=300)
        (fresh / "app-config.js").write_text(f"window.config = {json.dumps(CONFIG)};\n", encoding="utf-8")


def _esbuild(work: Path) -> Path:
    machine = platform.machine()
    if machine not in _ESBUILD:
        raise NotHere(f"no minifier pinned for {machine}")
    name, sha256 = _ESBUILD[machine]
    pin = Pin(name=name, version=ESBUILD_VERSION, form="npm", sha256=sha256, why="minifies OHIF's scripts", files={})
    _unpack(pin, work / "esbuild")
    return work / "esbuild" / "package" / "bin" / "esbuild"


def _unpack(pin: Pin, folder: Path) -> None:
    folder.mkdir()
    archive = download(pin, folder)
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != pin.sha256:
        raise NotHere(f"{pin.name} {pin.version} is not the one that was pinned: SHA-256 {found}")
    with tarfile.open(archive, "r:gz") as tar:
        tar.extractall(folder, filter="data")
