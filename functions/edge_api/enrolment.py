"""A new agent, or an old one with a new key, brings its one-time code and the public half of a key it has just made."""

from __future__ import annotations

from functions.adapters.http import Answer, Request
from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import DocumentInvalid, EnrolmentCodeWrong, VersionConflict
from functions.core.study import enrolment, keys
from functions.core.study.agents import Agent, AgentKey, EnrolmentCode
from functions.core.study.hospitals import Hospital
from functions.core.times import epoch_s, iso
from functions.edge_api.authentication import open_hospital


def enrol(request: Request, deps: Deps) -> Answer:
    wanted = request.json
    public_key = _checked_key(wanted["public_key"])
    key_id = enrolment.key_id(public_key)
    code, hospital = _use_code(wanted["code"], wanted["ae_title"], key_id, deps)
    agent = enrolment.agent_id(code.tenant, code.ae_title)
    now = iso(deps.clock.now())

    def with_key(row: Row | None) -> Row:
        old = Agent.from_row(row) if row else Agent(code.tenant, agent, code.ae_title, enrolled_at=now)
        # a new code readmits a revoked agent, with its new key only
        held = [] if old.revoked_at else old.keys_held
        return Agent(code.tenant, agent, code.ae_title, sorted({*held, key_id}), old.enrolled_at, "").to_row()

    key = AgentKey(key_id, code.tenant, agent, public_key, code.ae_title, created_at=now)
    change(deps.table, *key.key(), lambda row: row or key.to_row())
    change(deps.table, keys.agent_pk(code.tenant, agent), "AGENT", with_key)
    logger.info("agent enrolled", extra={"tenant": code.tenant, "agent": agent, "key": key_id})
    count("AgentEnrolled")
    body = {"tenant": code.tenant, "agent": agent, "key": key_id}
    return Answer({**body, "hospital": {"name": hospital.name, "time_zone": hospital.time_zone}}, status=201)


def _use_code(code: str, ae_title: str, key_id: str, deps: Deps) -> tuple[EnrolmentCode, Hospital]:
    """Once: the conditional write decides between two that bring the same code. The same key may repeat a lost answer.

    A closed hospital's is kept: in a restored table it may stand unused though it was used since.
    """
    row = deps.table.get(keys.enrolment_pk(enrolment.code_digest(code)), "ENROLMENT")
    if row is None:
        raise EnrolmentCodeWrong()
    stands = EnrolmentCode.from_row(row)
    if stands.expires_at <= epoch_s(deps.clock.now()) or stands.ae_title != ae_title or stands.used_by not in ("", key_id):
        raise EnrolmentCodeWrong()
    hospital = open_hospital(stands.tenant, deps)
    if not stands.used_by:
        try:
            deps.table.put({**row, "used_by": key_id}, expect=row["version"])
        except VersionConflict:
            raise EnrolmentCodeWrong() from None
    return stands, hospital


def _checked_key(pem: str) -> str:
    """The key in the one spelling that its id is made of. Raises DocumentInvalid unless it is on P-256."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm):
        raise DocumentInvalid(schema="edge_enrolment_request.v1", where="public_key", rule="pem") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise DocumentInvalid(schema="edge_enrolment_request.v1", where="public_key", rule="P-256")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
