"""How long an API function takes before its first request, beside a hello-world, each as Lambda starts it.

Both sides: a fresh interpreter, AWS's own runtime for Python (awslambdaric, which Lambda uses too) and then the handler's module
with all that it imports; ours from its bundle, the other's two lines. Not in it, on either side: starting the micro-VM, fetching
and unpacking the code, the first request. CPU time of the process, since the machine is shared.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.harness import Goal, NotHere, Row, Run, compare, measure
from iac.package.__main__ import CACHE, ROOT, build_all
from iac.package.bundle import unpacked
from iac.package.target import HOST, LAMBDA, Target, interpreter
from iac.package.wheels import fetch

RUNTIME = Path(__file__).with_name("lambda_runtime.txt")  # made by `python -m iac.package lock awslambdaric --pins` this file
ONCE = Path(__file__).with_name("_init_once.py")
HELLO = "def handler(event, context):\n    return {'statusCode': 200}\n"
FIRST_REQUEST = (  # what is loaded then and not before; it has to be paid too
    "aws_lambda_powertools",
    "boto3",
    "pynamodb.models",
    "jsonschema",
    "cryptography.hazmat.primitives.serialization",
)
APIS = ("edge_api", "patient_api", "staff_api")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9",  # never called
    "AWS_DEFAULT_REGION": "us-east-1",
    "POWERTOOLS_SERVICE_NAME": "bench",
}


def rows() -> Iterator[Row]:
    """One row for each API function."""
    target = LAMBDA if interpreter(LAMBDA) else HOST
    python = interpreter(target)
    if python is None:
        raise NotHere("no interpreter")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "hello").mkdir()
        (place / "hello" / "hello.py").write_text(HELLO, encoding="utf-8")
        build_all(place / "bundles", target)
        runtime = runtime_of(target, place / "runtime")
        hello = started(python, runtime, place / "hello", "hello.handler")
        for name in APIS:
            ours = started(python, runtime, place / "bundles" / name, f"functions.{name}.app.app")
            first = started(python, runtime, place / "bundles" / name, f"functions.{name}.app.app", *FIRST_REQUEST)
            yield compare(
                f"init of {name} / hello-world",
                ours,
                hello,
                unit="ms",
                goal=Goal("ratio", "≤", 2.5),
                n=15,
                warm_up=3,
                note=f"Python {target.python_version}, CPU time; both: interpreter, Lambda's runtime, the handler's imports",
            )
            yield measure(
                f"init of {name} and what its first request loads",
                first,
                unit="ms",
                n=9,
                note="the same, with boto3 and the rest",
            )


def runtime_of(target: Target, folder: Path) -> Path:
    """AWS's runtime, unpacked beside the bundles."""
    for wheel in fetch(target, CACHE / "runtime", RUNTIME).values():
        shutil.copytree(unpacked(wheel, target, CACHE / "runtime"), folder, dirs_exist_ok=True)
    return folder


def started(python: Path, runtime: Path, code: Path, handler: str, *modules: str) -> Run:
    """CPU milliseconds of one start, user and system; modules: imported after it."""
    command = [str(python), "-I", "-S", str(ONCE), str(runtime), str(code), handler, *modules]

    def run() -> float:
        process = subprocess.Popen(command, env=ENVIRONMENT, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{handler} did not start")
        return (used.ru_utime + used.ru_stime) * 1000

    return run
