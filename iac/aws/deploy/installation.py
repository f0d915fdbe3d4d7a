"""One installation, from nothing or from what is there, to what this checkout says.

The CDN needs a public key whose private half only Secrets Manager holds, and that secret is part of the stack. So a first
deploy makes two changes: all but the CDN, then, with the key that was made in the secret meanwhile, the CDN. Whatever is
interrupted goes on with the same command: nothing is made twice, no key is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iac.aws import secrets
from iac.aws.deploy import code, pages
from iac.aws.deploy.code import Code
from iac.aws.deploy.environment import Environment
from iac.aws.deploy.stack import Change, Stack, store_template
from iac.local.template import Template, localize, translate, with_code

NO_KEY_ID = "none yet"  # until the CDN has given its key a name


@dataclass(frozen=True)
class Installation:
    """session: boto3's, of whoever deploys. agree: shown the changes, says whether they are to be made."""

    environment: Environment
    session: Any
    template: Template
    codes: Iterable[Code]
    web: Path
    agree: Callable[[list[Change]], bool]
    said: Callable[[str], None] = print
    endpoint: str = ""
    pause: Callable[[float], None] = time.sleep
    stack: Stack = field(init=False)

    def __post_init__(self) -> None:
        stack = Stack(self.environment.stack, self.session.client("cloudformation"), self.pause, self.said)
        object.__setattr__(self, "stack", stack)

    def diff(self) -> list[Change]:
        """What `deploy` would change now; nothing is changed but the code bucket, which gets code and template."""
        proposed = self.stack.propose(self._template_url(), self._parameters())
        if proposed is None:
            return []
        try:
            return self.stack.changes(proposed)
        finally:
            self.stack.discard(proposed)

    def deploy(self) -> dict[str, str] | None:
        """Returns the stack's outputs; None when `agree` said no. Raises ChangeRefused."""
        url = self._template_url()
        if not self._change(url):
            return None
        kept = self._ensure_secrets()
        if self.environment.cloud == "aws" and not self.stack.outputs().get("CdnKeyId"):
            self.said("CDN …")
            if not self._change(url):
                return None
        outputs = self.stack.outputs()
        if (key_id := outputs.get("CdnKeyId")) and kept["signing_key_id"] != key_id:
            secrets.set_signing_key_id(self._secrets_manager(), outputs["SecretsId"], key_id)
        self._upload_pages(outputs)
        return outputs

    def _change(self, url: str) -> bool:
        proposed = self.stack.propose(url, self._parameters())
        if proposed is None:
            return True
        if not self.agree(self.stack.changes(proposed)):
            self.stack.discard(proposed)
            return False
        self.stack.execute(proposed)
        return True

    def _parameters(self) -> dict[str, str]:
        """Those of the environment's file, and ours: the public key as soon as there is one."""
        chosen = {**self.environment.parameters, "Stage": self.environment.stage, "Cloud": self.environment.cloud}
        secret_id = self.stack.outputs().get("SecretsId")
        held = secrets.read(self._secrets_manager(), secret_id) if secret_id else {}
        if self.environment.cloud == "aws" and "signing_key" in held:
            chosen["SigningPublicKey"] = secrets.public_key_pem(held["signing_key"])
        return chosen

    def _ensure_secrets(self) -> Mapping[str, Any]:
        return secrets.ensure(self._secrets_manager(), self.stack.outputs()["SecretsId"], signing_key_id=NO_KEY_ID)

    def _template_url(self) -> str:
        environment = self.environment
        s3 = self.session.client("s3")
        account = self.session.client("sts").get_caller_identity()["Account"]
        place = code.bucket(s3, environment.stage, account, environment.region)
        keys = code.upload(s3, place, self.codes, self.said)
        chosen = {**environment.parameters, "Stage": environment.stage, "Cloud": environment.cloud}
        template = translate(with_code(self.template, place, keys), chosen, environment.region)
        if environment.cloud == "local":
            template = localize(template)
        return store_template(s3, place, template, environment.region, endpoint=self.endpoint)

    def _upload_pages(self, outputs: Mapping[str, str]) -> None:
        if bucket := outputs.get("WebBucket"):
            pages.upload(self.session.client("s3"), bucket, self.web, self.said)
        if distribution := outputs.get("CdnId"):
            pages.forget(self.session.client("cloudfront"), distribution)

    def _secrets_manager(self) -> Any:
        return self.session.client("secretsmanager")
