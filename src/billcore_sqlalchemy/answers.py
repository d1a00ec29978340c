"""Reports as SQL: what ``billcore.reports`` adds up from every record, from an index; tests hold the two together.

Sums are added up by the database per day or account, and put into buckets and tiles here.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, func, literal_column, select

from billcore.dates import Period
from billcore.ids import ClientId
from billcore.invoices.status import Queue
from billcore.journal import Account
from billcore.money import Money
from billcore.reports.aging import STANDARD_BUCKETS, Aging, AgingBasis, AgingBuckets, Owing, report
from billcore.reports.dashboard import Dashboard
from billcore.reports.queues import Tile
from billcore.reports.statement import Statement
from billcore.reports.takings import Takings
from billcore.reports.totals import per_currency
from billcore.reports.trial_balance import TrialBalance, TrialBalanceRow
from billcore_sqlalchemy.session import Session, is_storable
from billcore_sqlalchemy.statement import statement_of
from billcore_sqlalchemy.statements import THE_FIRM
from billcore_sqlalchemy.statuses import THE_DAY, is_in
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.takings import takings_of
from billcore_sqlalchemy.types import Day

_THE_CLIENT: Final[BindParameter[str]] = bindparam("the_client")


class Answers:
    """The reports of one firm, of which the database can add up the most."""

    def __init__(self, session: Session, tables: Tables) -> None:
        self._session = session
        self._tables = tables

    def queues(self, on: date) -> tuple[Tile, ...]:
        """The four tiles of the firm."""
        return tuple(self._tile(queue, on, None) for queue in Queue)

    def dashboard(self, on: date, client_id: ClientId | None = None) -> Dashboard:
        """The tiles of the firm, or of one client."""
        return Dashboard(on=on, tiles=tuple(self._tile(queue, on, client_id) for queue in Queue))

    def aging(self, on: date, buckets: AgingBuckets = STANDARD_BUCKETS) -> Aging:
        """The receivables by age at the end of that day."""
        begins = {f"begin_{place}": begin for place, begin in enumerate(buckets.begins(on))}
        # What was owed on an earlier day is what is owed now less what happened since; since today nothing has.
        undone = list(self._ask(_undone(self._tables), the_day=on))
        if undone:
            now = self._ask(_owed(self._tables, buckets.basis, len(begins)), the_day=on, **begins)
            owing = Owing(on, buckets)
            owing.add_all(_as_it_was(now, undone, on, buckets))
            return owing.aging()
        by_client = self._ask(_owed_by_client(self._tables, buckets.basis, len(begins)), the_day=on, **begins)
        return report(on, buckets, ((client, currency, tuple(map(int, owed))) for client, currency, *owed in by_client))

    def takings(self, period: Period) -> Takings:
        """What came in during the period and what is left of it."""
        return takings_of(self._session, self._tables, period)

    def statement(self, client_id: ClientId, period: Period) -> Statement:
        """The account of a client over the period."""
        return statement_of(self._session, self._tables, client_id, period)

    def trial_balance(self, on: date) -> TrialBalance:
        """Every account's balance at the end of that day."""
        rows = [
            TrialBalanceRow(
                account=Account(account),
                debit=Money(max(int(balance), 0), currency),
                credit=Money(max(-int(balance), 0), currency),
            )
            for account, currency, balance in self._ask(_balances(self._tables), the_day=on)
        ]
        places = {account: place for place, account in enumerate(Account)}
        rows.sort(key=lambda row: (places[row.account], row.debit.currency))
        return TrialBalance(
            on=on,
            rows=tuple(rows),
            debits=per_currency(row.debit for row in rows),
            credits=per_currency(row.credit for row in rows),
        )

    def _tile(self, queue: Queue, on: date, client_id: ClientId | None) -> Tile:
        if client_id is not None and not is_storable(client_id):
            return Tile(queue=queue, count=0, open_balance=())
        asked = self._ask(_pile(self._tables, queue, client_id is not None), the_day=on, the_client=client_id)
        if queue is Queue.DRAFTS:
            ((count,),) = asked
            return Tile(queue=queue, count=count, open_balance=())
        piles = [(count, Money(int(balance), currency)) for currency, count, balance in asked]
        return Tile(
            queue=queue,
            count=sum(count for count, _ in piles),
            open_balance=per_currency(balance for _, balance in piles),
        )

    def _ask(self, statement: Select[Any], **values: object) -> Iterable[Any]:
        return self._session.query(statement, {"the_firm": self._session.firm_id, **values})


_Owed = tuple[Any, ...]
"""Client, currency, index of the bucket, how much is owed and on how many invoices."""


def _as_it_was(
    now: Iterable[_Owed], undone: Iterable[_Owed], on: date, buckets: AgingBuckets
) -> Iterator[tuple[ClientId, str, int, int]]:
    """The sums of now, with each of the invoices that moved since at what was owed on it then."""
    sums = {(client_id, currency, place): (int(owed), count) for client_id, currency, place, owed, count in now}
    for client_id, currency, due_on, issued_on, owed_now, later in undone:
        since = due_on if buckets.basis is AgingBasis.DUE_DATE else issued_on
        key = client_id, currency, buckets.place((on - since).days)
        # What is owed on the invoice now is in the sum already, if it was issued by then.
        counted = owed_now if issued_on <= on else 0
        then = owed_now - int(later)
        owed, count = sums.get(key, (0, 0))
        sums[key] = owed - counted + then, count - (counted != 0) + (then != 0)
    return ((*key, owed) for key, (owed, count) in sums.items() if count)


@cache
def _pile(tables: Tables, queue: Queue, is_of_client: bool) -> Select[Any]:
    c = tables.invoices.c
    lies_there = [c.firm_id == THE_FIRM, is_in(queue, tables.invoices)]
    if is_of_client:
        lies_there.append(c.client_id == _THE_CLIENT)
    if queue is Queue.DRAFTS:
        return select(func.count()).select_from(tables.invoices).where(*lies_there)
    return select(c.currency, func.count(), func.sum(c.balance)).where(*lies_there).group_by(c.currency)


@cache
def _owed(tables: Tables, basis: AgingBasis, begins: int) -> Select[Any]:
    """What each client owes now, by the bucket in which it lies; all but the oldest have a day on which they begin."""
    c = tables.invoices.c
    since = c.owing_since if basis is AgingBasis.DUE_DATE else c.issued_on
    younger: list[tuple[ColumnElement[bool], ColumnElement[Any]]] = [
        (since >= bindparam(f"begin_{place}", type_=Day), literal_column(f"{place}")) for place in range(begins)
    ]
    group = (c.client_id, c.currency, case(*younger, else_=literal_column(f"{begins}")).label("place"))
    is_owed = (c.firm_id == THE_FIRM, c.owing_since.is_not(None), c.issued_on <= THE_DAY)
    # By its name, for a server does not know two expressions with parameters for the same.
    sums = select(*group, func.sum(c.owed).label("owed"), func.count().label("invoices"))
    return sums.where(*is_owed).group_by(c.client_id, c.currency, "place")


@cache
def _owed_by_client(tables: Tables, basis: AgingBasis, begins: int) -> Select[Any]:
    """The same, each client's buckets beside each other: to make fewer rows is most of what the report costs."""
    c = _owed(tables, basis, begins).subquery().c
    buckets = [
        func.sum(case((c.place == literal_column(f"{place}"), c.owed), else_=literal_column("0")))
        for place in range(begins + 1)
    ]
    return select(c.client_id, c.currency, *buckets).group_by(c.client_id, c.currency)


@cache
def _undone(tables: Tables) -> Select[Any]:
    """The invoices on which more or less was owed after the day, and how much; of today there are none."""
    c, p = tables.invoices.c, tables.postings.c
    is_later = (p.firm_id == THE_FIRM, p.account == Account.RECEIVABLE.value, p.happened_on > THE_DAY)
    later = select(p.invoice_id, func.sum(p.amount).label("undone")).where(*is_later).group_by(p.invoice_id).subquery()
    is_it = and_(c.firm_id == THE_FIRM, c.id == later.c.invoice_id)
    columns = (c.client_id, c.currency, c.due_on, c.issued_on, c.owed, later.c.undone)
    return select(*columns).join_from(later, tables.invoices, is_it)


@cache
def _balances(tables: Tables) -> Select[Any]:
    c = tables.postings.c
    counts = (c.firm_id == THE_FIRM, c.happened_on <= THE_DAY)
    return select(c.account, c.currency, func.sum(c.amount)).where(*counts).group_by(c.account, c.currency)
