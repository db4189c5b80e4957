@file:JvmName("Timers")

package com.example.timer

import kotlin.math.max
import kotlinx.coroutines.*
import java.time.Duration as Span

const val DEFAULT_SECONDS = 30

typealias Tick = (Int) -> Unit

/** Something that can be started. */
interface Startable {
    val name: String
    fun start()
    fun stop(): Boolean = true
}

enum class Phase(val label: String) {
    IDLE("idle"),
    RUNNING("running");

    fun next(): Phase = if (this == IDLE) RUNNING else IDLE
}

data class Lap(val number: Int, val length: Span)

// Counts down and tells who listens.
class Timer(override val name: String, private val ticks: List<Tick> = emptyList()) : Startable {
    private var phase: Phase = Phase.IDLE
    val laps = mutableListOf<Lap>()

    init {
        require(name.isNotBlank()) { "a timer needs a name" }
    }

    override fun start() {
        phase = phase.next()
        for (tick in ticks) {
            tick(max(laps.size, 1))
        }
        when (phase) {
            Phase.IDLE -> println("idle")
            else -> {
                laps.add(Lap(laps.size, Span.ZERO))
            }
        }
    }

    suspend fun await(seconds: Int = DEFAULT_SECONDS) {
        delay(seconds * 1000L)
    }

    companion object {
        fun of(name: String): Timer = Timer(name)
    }
}

object Registry {
    val timers = HashMap<String, Timer>()
}

fun Timer.restart(): Boolean {
    return stop().also { start() }
}
