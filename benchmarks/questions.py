"""What a firm asks of a million invoices and two million payments, against SQL written by hand for the same tables.

The floor uses billcore's own indexes, which are the right ones for it too, through the bare driver, with the statements
made ready by it as it does by itself, and hands out rows of plain values. Both sides are checked to give the same
figures. No statement of ours may read a whole table: the plans are asked for and a full scan is an error.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psycopg
from attrs import frozen
from benchmarks.big_firm import FIRM, JANE, TODAY, clock_on, load
from benchmarks.life import bare_connection
from benchmarks.recording import recorded
from benchmarks.servers import bare_address, postgres
from benchmarks.timing import Row, compare
from sqlalchemy import Engine

from billcore import Billing, FrontDesk, Status
from billcore.ports.pages import InvoicePage
from billcore.reports.aging import Aging, AgingRow
from billcore.reports.queues import Tile
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import engine_for

FULL: Final = 1_000_000
QUICKLY: Final = 50_000
REACH: Final = 1.3

Clock = Callable[[], float]
"""SQLite works in this process, whose processor seconds others disturb little; a server is waited for."""

Ask = Callable[[str], Sequence[Sequence[Any]]]
"""Say one statement to the database, in which ``:firm`` and ``:day`` stand for themselves."""


def on_sqlite(*, is_full: bool) -> Iterator[Row]:
    """On a SQLite file."""
    count = FULL if is_full else QUICKLY
    with TemporaryDirectory() as folder:
        path = Path(folder) / "books.db"
        engine = engine_for(f"sqlite:///{path}")
        _loaded(engine, count)
        yield from rows_on_sqlite(engine, path, count)
        engine.dispose()


def rows_on_sqlite(engine: Engine, path: Path, count: int) -> Iterator[Row]:
    with closing(bare_connection(path)) as books:

        def ask(statement: str) -> Sequence[Sequence[Any]]:
            return books.execute(statement, {"firm": FIRM, "day": str(TODAY)}).fetchall()

        @contextmanager
        def one_moment() -> Iterator[Ask]:
            books.execute("BEGIN")
            yield ask
            books.execute("ROLLBACK")

        def plan(statement: str, values: Any) -> str:
            cursor = books.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            return "\n".join(line for *_, line in cursor)

        yield from _rows(engine, one_moment, plan, f"{count:,} invoices, SQLite", time.process_time)


def on_postgres(*, is_full: bool) -> Iterator[Row]:
    """On a PostgreSQL server."""
    count = FULL if is_full else QUICKLY
    with postgres() as server:
        if server is None:
            print("questions-postgres is not measured: no PostgreSQL listens, BILLCORE_TEST_POSTGRES_URL is not set")
            return
        engine = engine_for(server.new())
        _loaded(engine, count)
        yield from rows_on_postgres(engine, count)
        engine.dispose()


def rows_on_postgres(engine: Engine, count: int) -> Iterator[Row]:
    with psycopg.connect(bare_address(engine.url), autocommit=True) as books, books.cursor() as cursor:

        def ask(statement: str) -> Sequence[Sequence[Any]]:
            named = statement.replace(":firm", "%(firm)s").replace(":day", "%(day)s")
            return cursor.execute(named.encode(), {"firm": FIRM, "day": TODAY}).fetchall()

        @contextmanager
        def one_moment() -> Iterator[Ask]:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield ask
            cursor.execute("ROLLBACK")

        def plan(statement: str, values: Any) -> str:
            rows = cursor.execute(f"EXPLAIN {statement}".encode(), values)
            return "\n".join(line for (line,) in rows)

        yield from _rows(engine, one_moment, plan, f"{count:,} invoices, PostgreSQL", time.perf_counter)


def _loaded(engine: Engine, count: int) -> None:
    begun = time.perf_counter()
    load(engine, count)
    print(f"<!-- {count:,} invoices and {2 * count:,} payments loaded in {time.perf_counter() - begun:.0f} s -->")


# ── The questions ────────────────────────────────────────────────────────────────────────────────────────────────────


@frozen
class _Question:
    """One question, asked in both ways; ``figures`` takes from our answer what the floor must have found too."""

    workload: str
    ours: Callable[[FrontDesk, SqlStore], Any]
    floor: Callable[[Ask], Any]
    figures: Callable[[Any], object]


def _rows(
    engine: Engine, one_moment: Callable[[], Any], plan: Callable[[str, Any], str], where: str, clock: Clock
) -> Iterator[Row]:
    store = SqlStore(engine)
    desk = Billing(store, clock=clock_on(TODAY)).at(FIRM, by=JANE)
    for question in QUESTIONS:

        def ours(question: _Question = question) -> object:
            return question.ours(desk, store)

        def floor(question: _Question = question) -> object:
            with one_moment() as ask:
                return question.floor(ask)

        with recorded(engine, only=("SELECT", "WITH")) as said:
            answer = ours()
        assert question.figures(answer) == floor(), f"{question.workload}: the two roads must agree"
        for one in said:
            if not one.is_end:
                _require_an_index(plan(one.sql, one.values), one.sql)
        yield compare(f"{question.workload}, {where}", ours=ours, floor=floor, reach=REACH, rounds=15, clock=clock)


def _require_an_index(plan: str, statement: str) -> None:
    """Small tables may be read whole: which policies there are, which firms."""
    for table in ("invoices", "payments", "applications", "events", "clients"):
        # SQLite says SCAN of a whole index too; PostgreSQL says Seq Scan of a table only.
        for found in (f"SCAN billcore_{table}", f"Seq Scan on billcore_{table}"):
            assert found not in plan, f"a full scan:\n{plan}\nby {statement}"


def _queues(ask: Ask) -> object:
    this_firm = "FROM billcore_invoices WHERE firm_id = :firm"
    by_currency = f"SELECT currency, count(*), sum(balance) {this_firm}"
    ((drafts,),) = ask(f"SELECT count(*) {this_firm} AND issued_on IS NULL")
    awaiting = ask(f"{by_currency} AND collect_from > :day GROUP BY currency")
    overdue = ask(f"{by_currency} AND collect_from <= :day GROUP BY currency")
    is_failed = "autopay_failed_at IS NOT NULL AND collect_from IS NOT NULL AND held_at IS NULL"
    failed = ask(f"{by_currency} AND {is_failed} GROUP BY currency")
    return [drafts, *([tuple(row) for row in pile] for pile in (awaiting, overdue, failed))]


def _aging(ask: Ask) -> object:
    """By client and in all, in the four buckets, and their sum."""
    found = ask(
        "SELECT client_id, currency, owing_since, sum(owed) FROM billcore_invoices "
        "WHERE firm_id = :firm AND owing_since IS NOT NULL AND issued_on <= :day "
        "GROUP BY client_id, currency, owing_since"
    )
    # SQLite hands out days as text, PostgreSQL as dates; both say which is earlier.
    edges = [(TODAY - timedelta(days=days)).isoformat() for days in (90, 60, 30)]
    clients: dict[tuple[str, str], list[int]] = {}
    totals: dict[str, list[int]] = {}
    for client, currency, since, owed in found:
        place = 3 - bisect_right(edges, str(since))
        clients.setdefault((client, currency), [0, 0, 0, 0])[place] += int(owed)
        totals.setdefault(currency, [0, 0, 0, 0])[place] += int(owed)
    return (
        [(*key, *clients[key], sum(clients[key])) for key in sorted(clients)],
        [(currency, [*totals[currency], sum(totals[currency])]) for currency in sorted(totals)],
    )


def _page(condition: str, *, others: Sequence[str] = ()) -> Callable[[Ask], object]:
    """How many there are, how many match, and what a list shows of the newest fifty.

    Where nearly all match, it is cheaper to count the *others*.
    """

    def asked(ask: Ask) -> object:
        this_firm = "FROM billcore_invoices WHERE firm_id = :firm"
        ((total,),) = ask(f"SELECT count(*) {this_firm}")
        if others:
            matching = total - sum(ask(f"SELECT count(*) {this_firm} AND {other}")[0][0] for other in others)
        else:
            ((matching,),) = ask(f"SELECT count(*) {this_firm} AND {condition}")
        shown = ask(
            "SELECT id, number, client_id, currency, gross, paid, balance, issued_on, due_on, voided_at "
            f"{this_firm} AND {condition} ORDER BY drafted_at DESC, id DESC LIMIT 51"
        )
        return total, matching, [row[0] for row in shown[:50]]

    return asked


def _figures_of_queues(tiles: Sequence[Tile]) -> object:
    drafts, *piles = tiles
    return [
        drafts.count,
        *([(money.currency, pile.count, money.minor) for money in pile.open_balance] for pile in piles),
    ]


def _figures_of_aging(report: Aging) -> object:
    def minors(row: AgingRow) -> list[int]:
        return [money.minor for money in (*row.amounts, row.total)]

    return (
        [(row.client_id, row.total.currency, *minors(row)) for row in report.rows],
        [(row.total.currency, minors(row)) for row in report.totals],
    )


def _figures_of_page(page: InvoicePage) -> object:
    return page.total, page.matching, [invoice.id for invoice in page.invoices]


QUESTIONS: Final = (
    _Question(
        "the four queues",
        lambda desk, _: desk.reports.queues(on=TODAY),
        _queues,
        _figures_of_queues,
    ),
    _Question(
        "AR aging by client",
        lambda desk, _: desk.reports.aging(on=TODAY),
        _aging,
        _figures_of_aging,
    ),
    _Question(
        "page one of the overdue",
        lambda desk, _: desk.invoices.page(statuses=[Status.OVERDUE]),
        _page("collect_from <= :day"),
        _figures_of_page,
    ),
    _Question(
        "page one of the paid",
        lambda desk, _: desk.invoices.page(statuses=[Status.PAID]),
        _page(
            "issued_on IS NOT NULL AND voided_at IS NULL AND owed <= 0 AND written_off = 0",
            others=("issued_on IS NULL", "voided_at IS NOT NULL", "owing_since IS NOT NULL", "written_off > 0"),
        ),
        _figures_of_page,
    ),
)
