"""Reports as SQL: what ``billcore.reports`` adds up from every record, from an index; tests hold the two together.

Sums are added up by the database per day or account, and put into buckets and tiles here.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Select, bindparam, func, select

from billcore.ids import ClientId
from billcore.invoices.status import Queue
from billcore.journal import Account
from billcore.money import Money
from billcore.reports.aging import STANDARD_BUCKETS, Aging, AgingBasis, AgingBuckets, AgingRow
from billcore.reports.dashboard import Dashboard
from billcore.reports.queues import Tile
from billcore.reports.totals import per_currency
from billcore.reports.trial_balance import TrialBalance, TrialBalanceRow
from billcore_sqlalchemy.session import Session, is_storable
from billcore_sqlalchemy.statements import THE_FIRM
from billcore_sqlalchemy.statuses import THE_DAY, is_in
from billcore_sqlalchemy.tables import Tables

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
        """The receivables by age."""
        nothing = [0] * len(buckets.labels)
        clients: dict[tuple[str, str], list[int]] = {}
        totals: dict[str, list[int]] = {}
        places: dict[date, int] = {}
        for client_id, currency, since, owed in self._ask(_owed(self._tables, buckets.basis), the_day=on):
            # There are many rows of few days.
            place = places.get(since)
            if place is None:
                place = places[since] = buckets.place((on - since).days)
            clients.setdefault((client_id, currency), nothing.copy())[place] += int(owed)
            totals.setdefault(currency, nothing.copy())[place] += int(owed)
        return Aging(
            on=on,
            labels=buckets.labels,
            rows=tuple(_row(ClientId(key[0]), key[1], clients[key]) for key in sorted(clients)),
            totals=tuple(_row(None, currency, totals[currency]) for currency in sorted(totals)),
        )

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

    def _ask(self, statement: Select[Any], **values: object) -> Iterator[tuple[Any, ...]]:
        yield from self._session.query(statement, {"the_firm": self._session.firm_id, **values})


def _row(client_id: ClientId | None, currency: str, minors: list[int]) -> AgingRow:
    *amounts, total = Money.each((*minors, sum(minors)), currency)
    return AgingRow(client_id=client_id, amounts=tuple(amounts), total=total)


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
def _owed(tables: Tables, basis: AgingBasis) -> Select[Any]:
    """What each client owes, by the day from which its age counts."""
    c = tables.invoices.c
    since = c.owing_since if basis is AgingBasis.DUE_DATE else c.issued_on
    group = (c.client_id, c.currency, since)
    is_owed = (c.firm_id == THE_FIRM, c.owing_since.is_not(None), c.issued_on <= THE_DAY)
    return select(*group, func.sum(c.owed)).where(*is_owed).group_by(*group)


@cache
def _balances(tables: Tables) -> Select[Any]:
    c = tables.postings.c
    counts = (c.firm_id == THE_FIRM, c.happened_on <= THE_DAY)
    return select(c.account, c.currency, func.sum(c.amount)).where(*counts).group_by(c.account, c.currency)
