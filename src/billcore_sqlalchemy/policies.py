"""Policies as they stood when invoices were issued: each kept once, known by the digest of its text."""

from collections.abc import Iterable
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final

from attrs import Factory, define
from sqlalchemy import Select, Table, select

from billcore.codec.envelope import POLICY
from billcore.ids import FirmId
from billcore.policy import Policy
from billcore_sqlalchemy import documents
from billcore_sqlalchemy.session import Session
from billcore_sqlalchemy.statements import THE_FIRM, THE_ID, insert_new

_REMEMBERED: Final = 500


@define
class KnownPolicies:
    """What a store has seen. A digest stands for a text, so what is known of it is true for ever and for every firm."""

    texts: dict[str, str] = Factory(dict)
    committed: set[tuple[FirmId, str]] = Factory(set)


class Policies:
    """The policies on the firm's invoices."""

    def __init__(self, session: Session, table: Table, known: KnownPolicies) -> None:
        self._session = session
        self._table = table
        self._known = known
        self._kept: set[tuple[FirmId, str]] = set()

    def keep(self, policy: Policy) -> str:
        """Its digest, under which it is in the database when this unit of work commits."""
        digest, text = _written(policy)
        key = self._session.firm_id, digest
        if key not in self._known.committed and key not in self._kept:
            row = {"firm_id": self._session.firm_id, "digest": digest, "document": text}
            self._session.insert(insert_new(self._table, self._session.dialect), row)
            self._kept.add(key)
        return digest

    def text_of(self, policy: Policy) -> str:
        """Its document."""
        return _written(policy)[1]

    def text(self, digest: str) -> str:
        """The document of the policy with that digest, which one of the firm's invoices names."""
        known = self._known.texts.get(digest)
        if known is None:
            values = {"the_firm": self._session.firm_id, "the_id": digest}
            known = self._known.texts[digest] = self._session.query(_one(self._table), values).scalar_one()
        return known

    def all(self) -> Iterable[tuple[str, Policy]]:
        """Every policy that an invoice of the firm was ever under, with its digest."""
        for row in self._session.query(_all(self._table), {"the_firm": self._session.firm_id}):
            yield row.digest, documents.read(POLICY, row.document)

    def committed(self) -> None:
        """What was kept is there to stay."""
        self._known.committed |= self._kept


@lru_cache(_REMEMBERED)
def _written(policy: Policy) -> tuple[str, str]:
    text = documents.write(POLICY, policy)
    return sha256(text.encode()).hexdigest(), text


@cache
def _one(policies: Table) -> Select[Any]:
    return select(policies.c.document).where(policies.c.firm_id == THE_FIRM, policies.c.digest == THE_ID)


@cache
def _all(policies: Table) -> Select[Any]:
    return select(policies.c.digest, policies.c.document).where(policies.c.firm_id == THE_FIRM)
