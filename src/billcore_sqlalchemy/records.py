"""What every repository does: get with a lock, peek, add once, save the version that was read."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

from sqlalchemy import Executable, Table

from billcore.catalog import CatalogItem
from billcore.charges.charge import Charge
from billcore.clients import Client
from billcore.codec.envelope import Envelope
from billcore.errors import AlreadyExists, NotFound, StaleWrite
from billcore.evolving import evolve
from billcore.ids import GatewayRef
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.methods import SavedMethod
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule
from billcore.texts import shown
from billcore_sqlalchemy import documents
from billcore_sqlalchemy.ready import Values
from billcore_sqlalchemy.rows import Row
from billcore_sqlalchemy.session import Session, is_storable, require_key
from billcore_sqlalchemy.statements import RecordStatements, following, one, record_statements, related

Id = TypeVar("Id", bound=str)
Record = TypeVar(
    "Record",
    CatalogItem,
    Client,
    Charge,
    Invoice,
    CreditNote,
    Payment,
    Refund,
    SavedMethod,
    Operation,
    Schedule,
    Occurrence,
)

_BATCH: Final = 500


class Records(Generic[Id, Record]):
    """The records of one kind of one firm: a document each, beside the columns that are asked for.

    What a writing unit has got is locked until its end, so it is read once and remembered.
    """

    envelope: ClassVar[Envelope[Any]]
    what: ClassVar[str]
    reads: ClassVar[tuple[str, ...]] = ("document",)
    """The columns that a record is read back from."""

    def __init__(self, session: Session, table: Table) -> None:
        self._session = session
        self._table = table
        self._known: dict[str, Record] = {}

    @property
    def _statements(self) -> RecordStatements:
        return record_statements(self._table, self._session.dialect)

    def get(self, record_id: Id) -> Record:
        known = self._remembered(record_id)
        if known is not None:
            return known
        return self._remember(self._find(record_id, is_locked=self._session.is_writing))

    def peek(self, record_id: Id) -> Record:
        known = self._remembered(record_id)
        return self._find(record_id, is_locked=False) if known is None else known

    def add(self, record: Record) -> Record:
        self._session.require_own(record.firm_id, f"the {self.what}")
        require_key(record.id, f"{self.what} id")
        added = evolve(record, version=1)
        if not self._session.insert(self._statements.insert, self._row(added)):
            raise AlreadyExists(f"{self.what} {record.id!r}, or another with what only one can have, exists already")
        return self._remember(added)

    def add_all(self, records: Sequence[Record]) -> None:
        for record in records:
            self._session.require_own(record.firm_id, f"the {self.what}")
            require_key(record.id, f"{self.what} id")
        with self._session.all_or_nothing():
            self._session.insert_all(self._table, map(self._row_of_many, records))

    def save(self, record: Record) -> Record:
        self._session.require_writing()
        saved = evolve(record, version=record.version + 1)
        self._write(record, self._statements.update, self._update(saved))
        return self._remember(saved)

    def save_all(self, records: Sequence[Record]) -> None:
        self._session.require_writing()
        alike: dict[tuple[str, ...], list[Values]] = {}
        for record in records:
            if record.firm_id != self._session.firm_id:
                raise self._not_found(record.id)
            row = {"the_id": record.id, "the_version": record.version, **self._update_of_many(record)}
            # Of hundreds few are got again in this unit of work: those are read again.
            self._known.pop(record.id, None)
            alike.setdefault(tuple(row), []).append(row)
        with self._session.all_or_nothing():
            for rows in alike.values():
                if self._session.update_all(self._table, rows) != len(rows):
                    raise StaleWrite(
                        f"one of {len(rows)} {self.what} records was changed since it was read; read them again"
                    )

    def _row(self, record: Record) -> Values:
        key = {"firm_id": record.firm_id, "id": record.id, "version": record.version}
        return {**key, **self._columns(record), **self._content(record)}

    def _row_of_many(self, record: Record) -> Values:
        """The row of a new record; made while others are on their way, so it cannot ask the database."""
        key = {"firm_id": record.firm_id, "id": record.id, "version": 1}
        return {**key, **self._columns(record), **self._content_of_many(record)}

    def _update(self, saved: Record) -> Values:
        """What to write of a changed record."""
        columns = self._changed(self._known.get(saved.id), saved)
        return {"version": saved.version, **columns, **self._content(saved)}

    def _update_of_many(self, record: Record) -> Values:
        """The same for one of hundreds; the record is still of the version that was read."""
        return self._update(evolve(record, version=record.version + 1))

    def _changed(self, before: Record | None, after: Record) -> Values:
        """The columns that differ from what was read, or all where nothing was."""
        if before is None:
            return self._columns(after)
        known = self._columns(before)
        return {name: value for name, value in self._columns(after).items() if known[name] != value}

    # ── What a kind of record says of itself ─────────────────────────────────────────────────────────────────────────

    def _columns(self, record: Record) -> Values:
        """The columns that are asked for, besides the key and the version."""
        raise NotImplementedError

    def _content(self, record: Record) -> Values:
        """What the record is read back from."""
        return {"document": documents.write(self.envelope, record)}

    def _content_of_many(self, record: Record) -> Values:
        """The same, for one of hundreds that are added at once; the record is still without its first version."""
        return self._content(evolve(record, version=1))

    def _read(self, row: Row) -> Record:
        record: Record = documents.read(self.envelope, row.document)
        return record

    # ── What they share ──────────────────────────────────────────────────────────────────────────────────────────────

    def _select(self, statement: Executable, **values: object) -> list[Record]:
        rows = self._session.query(statement, {"the_firm": self._session.firm_id, **values})
        return [self._read(row) for row in rows]

    def _related(self, column: str, related_id: str, *, by: str) -> list[Record]:
        """Those with that id in *column*, oldest first."""
        if not is_storable(related_id):
            return []
        return self._select(related(self._table, self.reads, column, by), the_id=related_id)

    def _each(self) -> Iterator[Record]:
        """Every record in order of id, a batch at a time."""
        after = ""
        while batch := self._select(following(self._table, self.reads), the_id=after, the_limit=_BATCH):
            yield from batch
            after = batch[-1].id

    def _find(self, record_id: str, *, is_locked: bool) -> Record:
        statement = one(self._table, self.reads, is_locked=is_locked)
        for record in self._select(statement, the_id=record_id) if is_storable(record_id) else ():
            return record
        raise self._not_found(record_id)

    def _write(self, record: Record, statement: Executable, values: Values) -> None:
        """Run an update or delete of the version that *record* is of; NotFound or StaleWrite if there is none."""
        if record.firm_id != self._session.firm_id or not is_storable(record.id):
            raise self._not_found(record.id)
        key = {"the_firm": record.firm_id, "the_id": record.id}
        as_read = {**key, "the_version": record.version}
        if self._session.change(statement, {**as_read, **values}) == 1:
            return
        if self._session.query(self._statements.version, key).first() is None:
            raise self._not_found(record.id)
        raise StaleWrite(f"{self.what} {record.id!r} was changed since it was read; read it again and repeat")

    def _remembered(self, record_id: Id) -> Record | None:
        self._session.require_open()
        # What is no text is no record's id, and may not even be fit for a look-up.
        return self._known.get(record_id) if isinstance(record_id, str) else None

    def _remember(self, record: Record) -> Record:
        self._known[record.id] = record
        return record

    def _not_found(self, record_id: str) -> NotFound:
        return NotFound(f"no {self.what} {shown(record_id)} in firm {self._session.firm_id!r}")


def ref_columns(ref: GatewayRef | None) -> Values:
    """A gateway's object as columns; the gateway's own default account is '', for NULL would never be a duplicate."""
    if ref is None:
        return {"ref_gateway": None, "ref_account": None, "ref_id": None}
    return {"ref_gateway": ref.gateway, "ref_account": ref.account or "", "ref_id": ref.id}
