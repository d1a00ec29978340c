"""One transaction of one firm: its repositories, the firm itself, its numbers, and what gateways told."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, Table, Update, bindparam, select
from sqlalchemy.sql.dml import ReturningUpdate

from billcore.clients import Firm, NumberSeries
from billcore.codec.envelope import FIRM
from billcore.errors import AlreadyExists, NotFound, StaleWrite
from billcore.evolving import evolve
from billcore.ids import FirmId
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import Request
from billcore_sqlalchemy import documents, inbox
from billcore_sqlalchemy.answers import Answers
from billcore_sqlalchemy.events import Events
from billcore_sqlalchemy.failures import translated
from billcore_sqlalchemy.invoices import Invoices
from billcore_sqlalchemy.parties import Catalog, Charges, Clients, CreditNotes, Methods
from billcore_sqlalchemy.payments import Operations, Payments, Refunds
from billcore_sqlalchemy.policies import KnownPolicies, Policies
from billcore_sqlalchemy.recurring import Occurrences, Schedules
from billcore_sqlalchemy.session import Session, is_storable, require_key
from billcore_sqlalchemy.statements import THE_FIRM, THE_ID, THE_VERSION, insert_new
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.transactions import OpenTransaction


class SqlUnitOfWork:
    """One transaction of one firm."""

    def __init__(self, session: Session, tables: Tables, known: KnownPolicies, transaction: OpenTransaction) -> None:
        self._session = session
        self._tables = tables
        self._transaction = transaction
        self._firm: Firm | None = None
        self._policies = Policies(session, tables.policies, known)
        self.catalog = Catalog(session, tables.catalog)
        self.clients = Clients(session, tables.clients)
        self.charges = Charges(session, tables.charges)
        self.invoices = Invoices(session, tables, self._policies)
        self.credit_notes = CreditNotes(session, tables.credit_notes)
        self.payments = Payments(session, tables)
        self.refunds = Refunds(session, tables.refunds)
        self.methods = Methods(session, tables.methods)
        self.operations = Operations(session, tables.operations)
        self.schedules = Schedules(session, tables.schedules)
        self.occurrences = Occurrences(session, tables.occurrences)
        self.requests = Requests(session, tables.requests)
        self.events = Events(session, tables)

    @property
    def firm_id(self) -> FirmId:
        return self._session.firm_id

    @property
    def answers(self) -> Answers:
        """The reports, added up by the database."""
        self.events.flush()
        return Answers(self._session, self._tables)

    def firm(self) -> Firm:
        self._session.require_open()
        if self._firm is None:
            self._firm = self._read_firm()
        return self._firm

    def _read_firm(self) -> Firm:
        row = self._session.query(_firm(self._tables.firms), {"the_firm": self.firm_id}).first()
        if row is None:
            raise self._no_firm(self.firm_id)
        return documents.read(FIRM, row.document)

    def add_firm(self, firm: Firm) -> Firm:
        self._session.require_own(firm.id, "the record")
        added = evolve(firm, version=1)
        row = {"firm_id": firm.id, "version": 1, "document": documents.write(FIRM, added)}
        if not self._session.insert(insert_new(self._tables.firms, self._session.dialect), row):
            raise AlreadyExists(f"firm {firm.id!r} exists already")
        self._firm = added
        return added

    def save_firm(self, firm: Firm) -> Firm:
        self._session.require_writing()
        if firm.id != self.firm_id:
            raise self._no_firm(firm.id)
        saved = evolve(firm, version=firm.version + 1)
        key = {"the_firm": firm.id, "the_version": firm.version}
        content = {"version": saved.version, "document": documents.write(FIRM, saved)}
        if self._session.change(_save_firm(self._tables.firms), {**key, **content}) == 1:
            self._firm = saved
            return saved
        self._read_firm()
        raise StaleWrite(f"firm {firm.id!r} was changed since it was read; read it again and repeat")

    def next_number(self, series: NumberSeries) -> str:
        return self.next_numbers(series, 1)[0]

    def next_numbers(self, series: NumberSeries, count: int) -> Sequence[str]:
        if count < 1:
            return []
        while (last := self._count(series.prefix, count)) is None:
            first = {"firm_id": self.firm_id, "series": series.prefix, "last": 0}
            self._session.insert(insert_new(self._tables.counters, self._session.dialect), first)
        return [series.number(number) for number in range(last - count + 1, last + 1)]

    def _count(self, prefix: str, count: int) -> int | None:
        """So many more in that series; None where it has no counter yet."""
        counters, key = self._tables.counters, {"the_firm": self.firm_id, "the_id": prefix, "the_count": count}
        # Counting comes before looking: it locks the counter, so that two can never be given one number.
        if self._session.can_return_what_it_updates:
            counted: int | None = self._session.change_and_tell(_count_and_tell(counters), key).scalar_one_or_none()
            return counted
        if self._session.change(_count(counters), key) == 0:
            return None
        last: int = self._session.query(_counted(counters), key).scalar_one()
        return last

    def hear(self, event: GatewayEvent) -> bool:
        return inbox.hear(self._session, self._tables.inbox, event)

    def commit(self) -> None:
        self._session.require_writing()
        self.events.flush()
        self._session.end()
        with translated():
            self._transaction.commit()
        self._policies.committed()

    def _no_firm(self, firm_id: str) -> NotFound:
        return NotFound(f"no firm {firm_id!r} here; check the id, and open the firm first")


class Requests:
    """The host's idempotency keys that this firm has used."""

    def __init__(self, session: Session, table: Table) -> None:
        self._session = session
        self._table = table

    def find(self, request_id: str) -> Request | None:
        if not is_storable(request_id):
            return None
        values = {"the_firm": self._session.firm_id, "the_id": request_id}
        row = self._session.query(_request(self._table), values).first()
        if row is None:
            return None
        return Request(request_id=row.request_id, fingerprint=row.fingerprint, result_id=row.result_id)

    def add(self, request: Request) -> None:
        row = {
            "firm_id": self._session.firm_id,
            "request_id": require_key(request.request_id, "request id"),
            "fingerprint": require_key(request.fingerprint, "fingerprint"),
            "result_id": require_key(request.result_id, "result id"),
        }
        if not self._session.insert(insert_new(self._table, self._session.dialect), row):
            raise AlreadyExists("this request id is used already; find it and compare its parameters")


@cache
def _firm(firms: Table) -> Select[Any]:
    return select(firms.c.version, firms.c.document).where(firms.c.firm_id == THE_FIRM)


@cache
def _save_firm(firms: Table) -> Update:
    return firms.update().where(firms.c.firm_id == THE_FIRM, firms.c.version == THE_VERSION)


@cache
def _count(counters: Table) -> Update:
    return _counting_up(counters)


@cache
def _count_and_tell(counters: Table) -> ReturningUpdate[Any]:
    # Not made of _count(counters): what is made of a statement that was carried out is told that it returns nothing.
    return _counting_up(counters).returning(counters.c.last)


def _counting_up(counters: Table) -> Update:
    c = counters.c
    more = c.last + bindparam("the_count", type_=BigInteger)
    return counters.update().where(c.firm_id == THE_FIRM, c.series == THE_ID).values(last=more)


@cache
def _counted(counters: Table) -> Select[Any]:
    return select(counters.c.last).where(counters.c.firm_id == THE_FIRM, counters.c.series == THE_ID)


@cache
def _request(requests: Table) -> Select[Any]:
    return select(requests).where(requests.c.firm_id == THE_FIRM, requests.c.request_id == THE_ID)
