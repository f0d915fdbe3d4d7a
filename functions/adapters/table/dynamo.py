"""The table in DynamoDB, through PynamoDB. Its types stay in this file; what goes in and comes out are rows of `port.py`.

Keys, version, kind, ttl and the two indexes' keys are attributes of their own (conditions, stream filters and indexes need them);
everything else of a row is the map `data`. `replayed` stands beside them on rows that were written by a rebuild, and goes with
their next write, which replaces the whole item.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from pynamodb.attributes import BooleanAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from functions.adapters.table.port import Row
from functions.core.errors import ServiceBusy, VersionConflict
from functions.core.study import keys

BUSY = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionConflictException",
}
OWN = ("pk", "sk", "version", "kind", "ttl", "day_pk", "day_sk", "person_pk", "person_sk")


class _DayIndex(GlobalSecondaryIndex["_Row"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "day"
        projection = AllProjection()

    day_pk = UnicodeAttribute(hash_key=True)
    day_sk = UnicodeAttribute(range_key=True)


class _PersonIndex(GlobalSecondaryIndex["_Row"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "person"
        projection = AllProjection()

    person_pk = UnicodeAttribute(hash_key=True)
    person_sk = UnicodeAttribute(range_key=True)


class _Row(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    version = NumberAttribute()
    kind = UnicodeAttribute()
    ttl = NumberAttribute(null=True)
    replayed = BooleanAttribute(null=True)
    day_pk = UnicodeAttribute(null=True)
    day_sk = UnicodeAttribute(null=True)
    person_pk = UnicodeAttribute(null=True)
    person_sk = UnicodeAttribute(null=True)
    data: MapAttribute[str, Any] = MapAttribute()  # type: ignore[no-untyped-call]
    day = _DayIndex()
    person = _PersonIndex()


class DynamoTable:
    """name: the table's; region, endpoint: None takes them from the environment."""

    def __init__(self, name: str, *, region: str | None = None, endpoint: str | None = None) -> None:
        meta = {"table_name": name, "region": region, "host": endpoint, "max_retry_attempts": 5}
        self._model: type[_Row] = type("Row", (_Row,), {"Meta": type("Meta", (), {k: v for k, v in meta.items() if v})})

    def get(self, pk: str, sk: str) -> Row | None:
        try:
            with _told():
                return _row(self._model.get(pk, sk, consistent_read=True))
        except self._model.DoesNotExist:
            return None

    def rows(self, pk: str, sk_prefix: str = "") -> Iterator[Row]:
        condition = self._model.sk.startswith(sk_prefix) if sk_prefix else None
        with _told():
            for item in self._model.query(pk, condition, consistent_read=True):
                yield _row(item)

    def put(self, row: Row, *, expect: int | None, replayed: bool = False) -> Row:
        new = {**row, "version": (expect or 0) + 1}
        own = {name: new[name] for name in OWN if new.get(name) is not None}
        own |= {"replayed": True} if replayed else {}
        item = self._model(**own, data={name: value for name, value in new.items() if name not in OWN})
        with _told():
            item.save(condition=self._stands(expect), add_version_condition=False)
        return new

    def delete(self, pk: str, sk: str, *, expect: int) -> None:
        with _told():
            self._model(pk, sk).delete(condition=self._stands(expect), add_version_condition=False)

    def scan(self) -> Iterator[Row]:
        with _told():
            for item in self._model.scan(consistent_read=True):
                yield _row(item)

    def by_day(self, tenant: str, day: str) -> Iterator[Row]:
        shards = [
            map(_row, self._model.day.query(keys.day_pk(tenant, day, shard), scan_index_forward=False))
            for shard in range(keys.DAY_SHARDS)
        ]
        return heapq.merge(*shards, key=lambda row: row["day_sk"], reverse=True)

    def agents(self, tenant: str | None = None) -> Iterator[Row]:
        of_one = None if tenant is None else _Row.day_sk.startswith(keys.agents_sk(tenant, ""))
        with _told():
            for item in self._model.day.query(keys.agents_pk(), of_one):
                yield _row(item)

    def due(self, until: str) -> Iterator[Row]:
        with _told():
            for item in self._model.day.query(keys.due_pk(), self._model.day_sk < f"{until}$"):  # $ comes after #
                yield _row(item)

    def by_person(self, tenant: str, patient: str) -> Iterator[Row]:
        return map(_row, self._model.person.query(keys.person_pk(tenant, patient), scan_index_forward=False))

    def fresh_lines(self, tenant: str) -> Iterator[Row]:
        with _told():
            for item in self._model.day.query(keys.lake_pk(tenant)):
                yield _row(item)

    def bill_entries(self, tenant: str, month: str, after: str = "") -> Iterator[Row]:
        with _told():
            condition = self._model.day_sk > after if after else None
            for item in self._model.day.query(keys.bill_pk(tenant, month), condition):
                yield _row(item)

    def bill_cases(self, tenant: str, month: str) -> int:
        with _told():
            return int(self._model.day.count(keys.bill_pk(tenant, month), self._model.day_sk.startswith(keys.CASE_ENTRY)))

    def _stands(self, expect: int | None) -> Condition:
        return self._model.pk.does_not_exist() if expect is None else self._model.version == expect


@contextmanager
def _told() -> Iterator[None]:
    """DynamoDB's refusals in this project's words; what nobody can act on keeps PynamoDB's cause."""
    try:
        yield
    except PynamoDBException as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise VersionConflict() from error
        if error.cause_response_code in BUSY:
            raise ServiceBusy(service="the table") from error
        raise


def _row(item: _Row) -> dict[str, Any]:
    own = {name: getattr(item, name) for name in OWN}
    data: dict[str, Any] = item.data.as_dict() if item.data else {}  # type: ignore[no-untyped-call]
    return {**{name: value for name, value in own.items() if value is not None}, **data}


def row_of_image(image: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The row in a stream record's OldImage or NewImage; with `replayed` where a rebuild wrote it."""
    if image is None:
        return None
    plain = {name: _plain(TypeDeserializer().deserialize(value)) for name, value in image.items()}
    return {**{name: value for name, value in plain.items() if name != "data"}, **plain.get("data", {})}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if hasattr(value, "as_tuple") else value
