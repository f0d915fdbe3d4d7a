"""`python -m iac.aws.deploy diff|deploy --env NAME [--yes]`: what `make diff` and `make deploy` run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from iac.aws.deploy.code import Code, zipped
from iac.aws.deploy.environment import Environment, load
from iac.aws.deploy.errors import DeployError, NotBuilt
from iac.aws.deploy.installation import Installation
from iac.aws.deploy.stack import Change
from iac.local.template import Template, function_folders, read
from iac.package.__main__ import OUT, build_all
from iac.package.errors import PackageError

ROOT = Path(__file__).resolve().parents[3]
SIGNS = {"Add": "+", "Modify": "~", "Remove": "-"}


def main() -> int:
    """Returns the exit status: 0 done, 1 could not (said in one line), 3 the person said no."""
    parser = argparse.ArgumentParser(prog="python -m iac.aws.deploy")
    parser.add_argument("what", choices=["diff", "deploy"])
    parser.add_argument("--env", required=True, help="a file's name in iac/aws/environments/")
    parser.add_argument("--yes", action="store_true", help="do not ask: the changes were read before")
    asked = parser.parse_args()
    template = read(ROOT / "template.yaml")
    try:
        environment = load(asked.env, template)
        installation = _installation(environment, template, asks=environment.confirm and not asked.yes)
        if asked.what == "diff":
            print(said(installation.diff()))
            return 0
        outputs = installation.deploy()
    except (DeployError, PackageError) as error:
        print(error, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS: {error}", file=sys.stderr)
        return 1
    if outputs is None:
        print("未部署 · Nothing was deployed.")
        return 3
    print("\n".join(f"{name:20} {value}" for name, value in sorted(outputs.items())))
    if "CdnDomain" in outputs:
        print(f"将 {environment.parameters['Origin']} 的 CNAME 指向 · point its CNAME to {outputs['CdnDomain']}")
    return 0


def said(changes: list[Change]) -> str:
    """The changes as lines, those that touch data first and marked."""
    if not changes:
        return "无变更 · No change."
    ordered = sorted(changes, key=lambda change: (not change.is_risky, change.action, change.resource))
    lines = []
    for change in ordered:
        how = "（将重建 · is made anew）" if change.replaced else ""
        mark = "  !! 含数据 · holds data" if change.is_risky else ""
        of = f"  [{', '.join(change.details)}]" if change.details else ""
        lines.append(f"{SIGNS.get(change.action, '?')} {change.resource:32} {change.kind}{of}{how}{mark}")
    return "\n".join(lines)


def _installation(environment: Environment, template: Template, *, asks: bool) -> Installation:
    import boto3

    session = boto3.Session(profile_name=environment.profile or None, region_name=environment.region)
    return Installation(
        environment=environment,
        session=session,
        template=template,
        codes=list(_codes(template)),
        web=ROOT / "web" / "dist",
        agree=_asked if asks else _shown,
    )


def _codes(template: Template) -> Iterator[Code]:
    """Every function's bundle, made anew from this checkout."""
    bundles = {bundle.name: bundle for bundle in build_all()}
    for folder in sorted(set(function_folders(template).values())):
        if folder not in bundles:
            raise NotBuilt(what=f"{OUT.name}/{folder}", command="make package")
        bundle = bundles[folder]
        yield Code(folder, bundle.digest, partial(zipped, bundle.folder))


def _shown(changes: list[Change]) -> bool:
    print(said(changes))
    return True


def _asked(changes: list[Change]) -> bool:
    print(said(changes))
    if not changes:
        return True
    return input("确认部署请输入 yes · type yes to deploy: ").strip().lower() == "yes"


if __name__ == "__main__":
    sys.exit(main())
