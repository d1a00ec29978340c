"""Hear a webhook: verify its signature, know it once, apply what it says, commit; durable, on a SQLite file.

The gateway is the fake one of billcore.testing, which signs and verifies as Stripe does (HMAC-SHA256 of time and body)
and answers from memory when billcore reads the payment again, so that no network is measured. Each webhook settles a
pending card payment: the payment completes, the invoice is paid, the fee is known.

The floor verifies with hmac, reads with json, looks whether the event is known and whose payment it is about, and
writes the rows that billcore wrote, with the same commits and pragmas. It reads no gateway and decides nothing.
"""

import hmac
import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.big_firm import FIRM, JANE, TODAY, clock_on
from benchmarks.life import bare_connection
from benchmarks.recording import WRITES, Said, recorded, replay
from benchmarks.timing import Row, compare

from billcore import Billing, LineItem
from billcore.ports.gateway import EventKind
from billcore.testing import FakeGateway
from billcore.testing.fake.webhooks import HEADER, Webhook
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import bring_up_to_date, engine_for

ROUNDS: Final = 9
EACH: Final = 10
SECRET: Final = "whsec_benchmark"


def on_sqlite() -> Iterator[Row]:
    """Some webhooks a round, each of another payment."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        engine = engine_for(f"sqlite:///{folder}/books.db")
        stack.callback(engine.dispose)
        bring_up_to_date(engine)
        clock = clock_on(TODAY)
        gateway = FakeGateway(clock, webhook_secret=SECRET)
        billing = Billing(SqlStore(engine), gateways=[gateway], clock=clock)
        # A round to warm up and the timed ones, for the floor, which hears what was recorded of ours, and for ours;
        # then one to see where the time goes.
        waiting = _webhooks(billing, gateway, (2 * (1 + ROUNDS) + 1) * EACH)
        with closing(sqlite3.connect(f"{folder}/books.db")) as books:
            books.execute("VACUUM INTO ?", (f"{folder}/floor.db",))
        first, rest = waiting[: (1 + ROUNDS) * EACH], iter(waiting[(1 + ROUNDS) * EACH :])
        said: list[list[Said]] = []
        for webhook in first:
            with recorded(engine, only=WRITES) as one:
                assert billing.hear("fake", *webhook).applied == 1
            said.append(one)
        by_hand = iter(zip(first, said, strict=True))
        bare = stack.enter_context(closing(bare_connection(Path(folder) / "floor.db")))

        def ours() -> None:
            for webhook in islice(rest, EACH):
                billing.hear("fake", *webhook)

        def floor() -> None:
            for webhook, writes in islice(by_hand, EACH):
                _hear_by_hand(bare, webhook, writes)

        yield compare(
            "hear a webhook: verify, dedupe, apply, commit; SQLite file",
            ours=ours,
            floor=floor,
            reach=2,
            rounds=ROUNDS,
            pieces=EACH,
        )


def _webhooks(billing: Billing, gateway: FakeGateway, count: int) -> list[Webhook]:
    """Of so many pending card payments, all settled by now."""
    billing.firms.open(FIRM, "Acme Law", by=JANE)
    desk = billing.at(FIRM, by=JANE)
    client = desk.clients.add("Patel Family").id
    card = desk.methods.attach(client, gateway="fake", token="card_pending").id
    line = LineItem(description="Advice", quantity="2.5", unit_price="80.00")
    heard: list[Webhook] = []
    for _ in range(count):
        invoice = desk.invoices.send(desk.invoices.draft(client, lines=[line]).id)
        payment = desk.payments.charge(invoice.id, method=card)
        assert payment.ref is not None
        gateway.webhooks()  # That it is pending is known.
        gateway.settle(payment.ref)
        heard += [webhook for webhook in gateway.webhooks() if EventKind.PAYMENT_SUCCEEDED.value in str(webhook.body)]
    return heard


def _hear_by_hand(books: sqlite3.Connection, webhook: Webhook, writes: list[Said]) -> None:
    parts = dict(part.split("=") for part in webhook.headers[HEADER].split(","))
    digest = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + webhook.body, sha256).hexdigest()
    if not hmac.compare_digest(digest, parts["v1"]):
        raise ValueError("not signed by the gateway")
    (event,) = json.loads(webhook.body)["events"]
    known = books.execute("SELECT 1 FROM billcore_inbox WHERE gateway = 'fake' AND event_id = ?", (event["id"],))
    if known.fetchone() is None:
        find = "SELECT firm_id, id FROM billcore_payments WHERE ref_gateway = 'fake' AND ref_id = ?"
        if books.execute(find, (event["subject"],)).fetchone() is None:
            raise ValueError("nobody's payment")
        replay(writes, books.execute, books.executemany, begin="BEGIN IMMEDIATE")
