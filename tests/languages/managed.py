"""Java, Kotlin, Scala and C#."""

from __future__ import annotations

from tests.languages.case import Case

CASES = (
    Case(
        "java",
        "Ledger.java",
        symbols=r"""
            class Ledger
            constant Ledger.LIMIT
            property Ledger.accounts
            property Ledger.total
            method Ledger.Ledger
            method Ledger.transfer
            method Ledger.iterator
            method Ledger.close
            interface Ledger.Account
            method Ledger.Account.deposit
            method Ledger.Account.label
            enum Ledger.State
            method Ledger.State.next
            class Ledger.Entry
            method Ledger.Entry.Entry
            interface Audited
            method Audited.value
        """,
        described={
            "Ledger": (
                "@Service public class Ledger<T extends Account> implements Iterable<T>, AutoCloseable",
                "A ledger of accounts.",
            ),
            "Ledger.transfer": (
                "@Override public void transfer(String from, String to, BigDecimal amount) throws LedgerException",
                "Moves money from one account to another.",
            ),
        },
        scope=("throw new Led$0gerException", '{ throw new LedgerException("no such account: " + from); }'),
        closed=("(key, account) -> {$0", "account.deposit(amount); return account; }"),
        imports=(
            "java.math: BigDecimal",
            "java.util: *",
            "java.util.stream.Collectors: toList",
            "java.lang.Math: *",
        ),
        uses=(
            "Ledger.transfer",
            {
                "call": "get signum LedgerException withdraw max intValue computeIfPresent deposit",
                "type": "Override String BigDecimal LedgerException T",
                "name": "accounts from source amount to account",
            },
        ),
    ),
    Case(
        "kotlin",
        "Timer.kt",
        symbols=r"""
            constant DEFAULT_SECONDS
            type Tick
            interface Startable
            property Startable.name
            method Startable.start
            method Startable.stop
            enum Phase
            property Phase.label
            method Phase.next
            class Lap
            property Lap.number
            property Lap.length
            class Timer
            property Timer.name
            property Timer.ticks
            property Timer.phase
            property Timer.laps
            method Timer.start
            method Timer.await
            method Timer.of
            class Registry
            property Registry.timers
            method Timer.restart
        """,
        described={
            "Timer": (
                "class Timer(override val name: String, private val ticks: List<Tick> = emptyList()) : Startable",
                "Counts down and tells who listens.",
            ),
            "Timer.await": ("suspend fun await(seconds: Int = DEFAULT_SECONDS)", ""),
        },
        scope=("require(name.is$0NotBlank", '{ require(name.isNotBlank()) { "a timer needs a name" } }'),
        closed=("for (tick in ticks) {$0", "tick(max(laps.size, 1)) }"),
        imports=(
            "kotlin.math: max",
            "kotlinx.coroutines: *",
            "java.time: Duration as Span",
        ),
        uses=(
            "Timer.start",
            {
                "call": "next tick max println add Lap",
                "attribute": "size IDLE ZERO",
                "name": "phase ticks laps Phase Span",
            },
        ),
    ),
    Case(
        "scala",
        "Orders.scala",
        symbols=r"""
            interface Priced
            method Priced.price
            method Priced.cheap
            module Limits
            variable Limits.Cheap
            variable Limits.used
            type Id
            enum Status
            class Line
            class Order
            property Order.id
            property Order.notes
            method Order.price
            method Order.ship
            method Order.describe
            module Order
            method Order.apply
            function report
        """,
        described={
            "Order": (
                "class Order(val id: Id, lines: List[Line]) extends Priced with Serializable",
                "Keeps the lines of an order.",
            ),
            "Order.ship": ("def ship(clock: Clock): Try[Status] =", "Ships the order, if it can be."),
        },
        scope=("val wh$0en =", "{ val when = clock.instant() notes += when.toString Done(Status.Shipped) }"),
        closed=(
            "def report(orders: Seq[Order]): Unit = {$0",
            "for (order <- orders if order.cheap) { println(order.id) } }",
        ),
        imports=(
            "scala.collection: mutable",
            "scala.util: Failure, Success as Done, Try",
            "java.time: *",
        ),
        uses=(
            "Order.ship",
            {
                "call": "Failure IllegalStateException instant Done",
                "type": "Clock Try Status",
                "attribute": "isEmpty toString Shipped",
                "name": "lines id clock notes when Status",
            },
        ),
    ),
    Case(
        "csharp",
        "Mailer.cs",
        symbols=r"""
            module Example.Mail
            interface IMailer
            method IMailer.SendAsync
            property IMailer.Sent
            enum Priority
            class Letter
            struct Stamp
            property Stamp.Price
            type Sending
            class Mailer
            constant Mailer.MaxLength
            property Mailer._letters
            property Mailer.OnSending
            property Mailer.Sent
            method Mailer.Mailer
            method Mailer.SendAsync
            property Mailer.First
            method Mailer.+
            method Mailer.Dispose
            class Mailer.Draft
            property Mailer.Draft.Subject
        """,
        described={
            "IMailer": ("public interface IMailer", "Sends letters."),
            "Mailer.SendAsync": ("public async Task SendAsync(Letter letter)", "Sends one letter, shortened."),
            "Mailer.First": ("public string First", ""),
        },
        scope=("throw new Arg$0umentException", '{ throw new ArgumentException($"too long: {letter.To}"); }'),
        closed=("foreach (var each in _letters)\n        {$0", "Console.WriteLine(Json.Serialize(each)); }"),
        imports=(
            "System",
            "System.Collections.Generic",
            "System.Math: *",
            "System.Text.Json.JsonSerializer: itself as Json",
        ),
        uses=(
            "Mailer.SendAsync",
            {
                "call": "ArgumentException Invoke Delay Max WriteLine Serialize",
                "type": "Task Letter",
                "attribute": "Text Length To",
                "name": "letter MaxLength OnSending Task Sent _letters Console Json each",
            },
        ),
    ),
)
