"""The questions of ``billcore.invoices.status``, written a second time as SQL; tests hold the two together.

Each takes the invoices table; what depends on the day is bound to ``THE_DAY``. An invoice answers by the policy that it
was issued under, so what depends on a policy is asked per group of policies that answer alike.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, assert_never

from attrs import frozen
from sqlalchemy import ColumnElement, Table, and_, bindparam, case, false, not_, or_, true

from billcore.invoices.status import Queue
from billcore.policy import Policy, Status
from billcore_sqlalchemy.types import Day

THE_DAY: Final[ColumnElement[date]] = bindparam("the_day", type_=Day)
"""The firm's day."""


@frozen(kw_only=True)
class Reading:
    """How a policy reads the facts: which statuses it tells apart, in which order, and two choices."""

    statuses: tuple[Status, ...]
    overdue_while_processing: bool
    viewed_survives_refund: bool

    @classmethod
    def of(cls, policy: Policy) -> "Reading":
        return cls(
            statuses=tuple(word.status for word in policy.vocabulary.words),
            overdue_while_processing=policy.overdue_while_processing,
            viewed_survives_refund=policy.viewed_survives_refund,
        )


_OWING: Final = frozenset({Status.PROCESSING, Status.PARTIALLY_PAID, Status.OVERDUE, Status.VIEWED, Status.SENT})
"""What is said of an invoice on which something is owed, where it is said early that an invoice is paid."""

Readings = tuple[tuple[Reading, tuple[str, ...]], ...]
"""Each reading with the digests of the policies that read so."""


def readings(policies: Iterable[tuple[str, Policy]]) -> Readings:
    """The policies of a firm, in groups that answer alike."""
    groups: dict[Reading, list[str]] = {}
    for digest, policy in policies:
        groups.setdefault(Reading.of(policy), []).append(digest)
    return tuple((reading, tuple(sorted(digests))) for reading, digests in groups.items())


def is_in(queue: Queue, invoices: Table) -> ColumnElement[bool]:
    """Whether an invoice lies in that pile."""
    c = invoices.c
    match queue:
        case Queue.DRAFTS:
            return c.issued_on.is_(None)
        case Queue.AWAITING:
            return c.collect_from > THE_DAY
        case Queue.OVERDUE:
            return c.collect_from <= THE_DAY
        case Queue.FAILED:
            return and_(c.autopay_failed_at.is_not(None), c.collect_from.is_not(None), c.held_at.is_(None))
        case _:
            assert_never(queue)


def shows_one_of(wanted: frozenset[Status], invoices: Table, by: Readings) -> ColumnElement[bool]:
    """Whether the invoice's badge is one of *wanted*."""
    if len(by) == 1:
        ((reading, _),) = by
        return _shows_one_of(wanted, invoices, reading)
    each = ((digests, _shows_one_of(wanted, invoices, reading)) for reading, digests in by)
    return or_(false(), *(and_(invoices.c.policy.in_(digests), shows) for digests, shows in each))


def _shows_one_of(wanted: frozenset[Status], invoices: Table, reading: Reading) -> ColumnElement[bool]:
    # The badge is the first status that is true, which is what CASE finds.
    words = [(has(status, invoices, reading), true() if status in wanted else false()) for status in reading.statuses]
    return case(*words, else_=false()) == true()


def branches(wanted: frozenset[Status], invoices: Table, by: Readings) -> tuple[ColumnElement[bool], ...] | None:
    """``shows_one_of`` as conditions of which at most one holds, each with an index that has few other invoices.

    None where there are no such: the invoices that are paid are the many, and so are others in a vocabulary in which
    something is said before it is said that an invoice is paid.
    """
    if Status.PAID in wanted or not all(_says_paid_early(reading) for reading, _ in by):
        return None
    c = invoices.c
    shows = shows_one_of(wanted, invoices, by)
    parts = {
        Status.DRAFT: c.issued_on.is_(None),
        Status.VOID: c.voided_at.is_not(None),
        Status.WRITTEN_OFF: and_(c.written_off > 0, c.owing_since.is_(None), c.voided_at.is_(None), shows),
    }
    if wanted >= _OWING:
        # Whatever they say of it: something is owed. The index alone knows.
        parts[Status.SENT] = and_(c.owing_since.is_not(None), c.owed > 0)
    elif Status.OVERDUE in wanted and all(_says_overdue_early(reading) for reading, _ in by):
        # The badge is the queue then, and has its index too.
        parts[Status.OVERDUE] = is_in(Queue.OVERDUE, invoices)
    found = [part for status, part in parts.items() if status in wanted]
    others = (wanted & _OWING) - parts.keys()
    if others and not wanted >= _OWING:
        found.append(and_(c.owing_since.is_not(None), shows_one_of(others, invoices, by)))
    return tuple(found)


def _says_overdue_early(reading: Reading) -> bool:
    """Whether whatever can be collected and is past its date is called overdue, whatever else is true of it."""
    if reading.overdue_while_processing or Status.OVERDUE not in reading.statuses:
        return False
    said_before = reading.statuses[: reading.statuses.index(Status.OVERDUE)]
    return not {Status.PARTIALLY_PAID, Status.VIEWED, Status.SENT} & set(said_before)


def _says_paid_early(reading: Reading) -> bool:
    """Whether of an invoice on which nothing is owed only two things are ever said: written off, or paid."""
    said_before = reading.statuses[: reading.statuses.index(Status.PAID)]
    return not {Status.VIEWED, Status.SENT} & set(said_before)


def has(status: Status, invoices: Table, reading: Reading) -> ColumnElement[bool]:
    """Whether that status is true of the invoice; several can be."""
    c = invoices.c
    is_open = and_(c.issued_on.is_not(None), c.voided_at.is_(None))
    match status:
        case Status.DRAFT:
            return c.issued_on.is_(None)
        case Status.VOID:
            return c.voided_at.is_not(None)
        case Status.WRITTEN_OFF:
            return and_(is_open, c.owed <= 0, c.written_off > 0)
        case Status.PAID:
            return and_(is_open, c.owed <= 0)
        case Status.PROCESSING:
            return and_(is_open, c.owed > 0, c.in_flight > 0, c.balance <= 0)
        case Status.PARTIALLY_PAID:
            return and_(is_open, c.owed > 0, c.paid > 0)
        case Status.OVERDUE:
            left = c.owed if reading.overdue_while_processing else c.balance
            return and_(is_open, c.overdue_from <= THE_DAY, left > 0)
        case Status.VIEWED:
            was_refunded_whole = and_(c.refunded > 0, c.paid == 0)
            survives = true() if reading.viewed_survives_refund else not_(was_refunded_whole)
            return and_(is_open, c.first_viewed_at.is_not(None), survives)
        case Status.SENT:
            return is_open
        case _:
            assert_never(status)
