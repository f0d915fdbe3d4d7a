"""template.yaml as the local cloud takes it: read, pointed at local code, translated, without what the emulator cannot do.

Nothing is added here that the real template lacks; `localize` only takes away, and each thing it takes away says why.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from iac.local.session import isolated

Template = dict[str, Any]
ONLY_AWS = ("IsAws", "HasCdn", "HasAlarm")  # how conditions begin that only AWS can meet


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, which become their long form."""


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


def read(path: Path) -> Template:
    """The template as plain data."""
    with path.open(encoding="utf-8") as file:
        loaded = yaml.load(file, Loader=_Loader)  # noqa: S506, a SafeLoader
    assert isinstance(loaded, dict)
    return loaded


def function_folders(template: Template) -> dict[str, str]:
    """Logical id → folder name under `functions/`, in the template's order."""
    return {
        name: str(resource["Properties"]["Handler"]).split(".")[1]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def with_code(template: Template, bucket: str, keys: Mapping[str, str]) -> Template:
    """The same, each function's code taken from `bucket`, key by folder name."""
    changed = copy.deepcopy(template)
    for logical_id, folder in function_folders(template).items():
        changed["Resources"][logical_id]["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": keys[folder]}
    return changed


def translate(template: Template, parameters: Mapping[str, str], region: str) -> Template:
    """SAM → CloudFormation."""
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns about its own unsent usage figures
    marked = copy.deepcopy(template)
    to_py27_compatible_template(marked, dict(parameters))  # the translator's own entry point does this and hides the session
    # Every function has its own role, so no managed policy's ARN is ever looked up.
    translator = Translator(None, Parser(), boto_session=boto3.Session(botocore_session=isolated(), region_name=region))
    translated = undo_mark_unicode_str_in_template(translator.translate(marked, parameter_values=dict(parameters)))
    assert isinstance(translated, dict)
    return translated


def localize(template: Template) -> Template:
    """Without what the emulator refuses or would get wrong."""
    local = copy.deepcopy(template)
    resources = local["Resources"]
    for name in [name for name, resource in resources.items() if resource.get("Condition", "").startswith(ONLY_AWS)]:
        del resources[name]
    for name in [name for name, resource in resources.items() if resource["Type"] == "AWS::S3::BucketPolicy"]:
        del resources[name]  # TLS only: loopback is plain HTTP; the CDN's identity does not exist here
    for resource in resources.values():
        resource.pop("DeletionPolicy", None)
        resource.pop("UpdateReplacePolicy", None)
    return local
