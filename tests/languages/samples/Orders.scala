package com.example.orders

import scala.collection.mutable
import scala.util.{Failure, Success => Done, Try}
import java.time._

/** Anything that has a price. */
trait Priced {
  def price: BigDecimal
  def cheap: Boolean = price < Limits.Cheap
}

object Limits {
  val Cheap = BigDecimal(10)
  var used = 0
}

type Id = String

enum Status {
  case Open, Shipped
  case Failed(reason: String)
}

case class Line(id: Id, price: BigDecimal) extends Priced

// Keeps the lines of an order.
class Order(val id: Id, lines: List[Line]) extends Priced with Serializable {
  private val notes = mutable.Buffer.empty[String]

  override def price: BigDecimal = lines.map(_.price).sum

  /** Ships the order, if it can be. */
  def ship(clock: Clock): Try[Status] = {
    if (lines.isEmpty) {
      Failure(new IllegalStateException(s"nothing in $id"))
    } else {
      val when = clock.instant()
      notes += when.toString
      Done(Status.Shipped)
    }
  }

  def describe(status: Status): String = status match {
    case Status.Failed(reason) =>
      reason
    case other => other.toString
  }
}

object Order {
  def apply(lines: Line*): Order = new Order("new", lines.toList)

  given Ordering[Order] = Ordering.by(_.id)
}

def report(orders: Seq[Order]): Unit = {
  for (order <- orders if order.cheap) {
    println(order.id)
  }
}
