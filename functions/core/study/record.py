"""What all rows have in common. `to_row` and `from_row` are inverse; `version` belongs to the table's port.

A row's class is `@dataclass(frozen=True, eq=False, repr=False)`: comparing and showing stand here once, since making them for
each class is a third of what a cold start spends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, ClassVar, TypeVar

R = TypeVar("R", bound="Record")


class Record:
    """Common to all rows: a flat mapping of the dataclass's fields with its keys and kind."""

    kind: ClassVar[str]

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other) if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        """Without its values, which may be a person's."""
        return f"{type(self).__name__}(…)"

    def key(self) -> tuple[str, str]:
        """pk and sk; each kind of row has its own."""
        raise NotImplementedError  # no ABC: making it costs each cold start

    def indexed(self) -> Mapping[str, Any]:
        """Attributes of the indexes `day` and `person`, and `ttl`."""
        return {}

    def to_row(self) -> dict[str, Any]:
        pk, sk = self.key()
        values = asdict(self)  # type: ignore[call-overload]
        return {"pk": pk, "sk": sk, "kind": self.kind, **values, **self.indexed()}

    @classmethod
    def from_row(cls: type[R], row: Mapping[str, Any]) -> R:
        """Fields that a newer or older writer did not know keep their defaults."""
        return cls(**{f.name: row[f.name] for f in fields(cls) if f.name in row})  # type: ignore[arg-type]
