"""C, C++, Rust, Go and Swift."""

from __future__ import annotations

from tests.languages.case import Case

CASES = (
    Case(
        "c",
        "ring.c",
        symbols=r"""
            constant CAPACITY
            macro MIN
            type byte
            struct ring
            property ring.bytes
            property ring.head
            property ring.tail
            struct point_t
            property point_t.x
            property point_t.y
            enum state
            struct word
            property word.whole
            property word.parts
            variable rings
            variable names
            function ring_push
            function ring_new
            function ring_push
            function each
        """,
        described={
            "ring": ("struct ring", "A ring that never grows."),
            "ring_new": ("struct ring *ring_new(size_t size)", "Makes an empty ring."),
        },
        scope=('perror("ri$0ng")', '{ perror("ring"); return NULL; }'),
        closed=("i = (i + 1) % CAPACITY) {$0", "visit(ring->bytes[i]); }"),
        imports=(
            "<stdio.h>",
            "<stdlib.h>",
            "ring.h",
        ),
        uses=(
            "ring_push",
            {"type": "ring byte", "attribute": "tail head bytes", "name": "ring CAPACITY next FULL value EMPTY"},
        ),
    ),
    Case(
        "cpp",
        "graph.cpp",
        symbols=r"""
            macro ASSERT
            module geometry::graphs
            type geometry::graphs.NodePtr
            variable geometry::graphs.kLimit
            struct geometry::graphs.Node
            property geometry::graphs.Node.id
            property geometry::graphs.Node.next
            enum geometry::graphs.Colour
            type geometry::graphs.Hashable
            class geometry::graphs.Visitor
            method geometry::graphs.Visitor.Visitor
            method geometry::graphs.Visitor.~Visitor
            method geometry::graphs.Visitor.operator==
            method geometry::graphs.Visitor.count
            method geometry::graphs.Visitor.visit
            property geometry::graphs.Visitor.start_
            property geometry::graphs.Visitor.seen_
            method geometry::graphs.Visitor.visit
            method geometry::graphs.Graph.size
            function main
        """,
        described={
            "geometry::graphs.Visitor": ("class Visitor final : public Base<T>", "Visits nodes in depth-first order."),
            "geometry::graphs.Visitor.operator==": ("bool operator==(const Visitor& other) const", ""),
            "geometry::graphs.Graph.size": ("auto Graph::size() const -> std::size_t", ""),
        },
        scope=("return graph->r$0un", "{ return graph->run(argv[0]); }"),
        closed=("for (const auto& next : node->next) {$0", "visit(next); }"),
        imports=(
            "<memory>",
            "<vector>",
            "graph.hpp",
            "std: vector",
            "std::literals: *",
        ),
        uses=("main", {"call": "make_unique run", "type": "Graph exception", "name": "std geometry argc graph argv"}),
    ),
    Case(
        "rust",
        "cache.rs",
        symbols=r"""
            module policy
            constant CAPACITY
            constant HITS
            type Key
            interface Weighted
            constant Weighted.UNIT
            method Weighted.weight
            method Weighted.heavy
            struct Slot
            property Slot.value
            property Slot.born
            enum Lookup
            struct Cache
            property Cache.slots
            method Cache.get
            method Slot.fmt
            macro cached
            module tests
            function tests.empty
        """,
        described={
            "CAPACITY": ("pub const CAPACITY: usize = 128;", "How many entries are kept."),
            "Slot": ("pub struct Slot<V>", "What is kept of a value."),
            "Cache.get": ("pub fn get(&mut self, key: &str) -> Lookup<V>", "Give the value of a key."),
        },
        scope=("HITS.fetch$0_add", "{ HITS.fetch_add(1, Ordering::Relaxed); Lookup::Hit(slot.value.clone()) }"),
        closed=("fn heavy(&self) -> bool {$0", "self.weight() > bounds::HEAVY }"),
        imports=(
            "std::collections: HashMap",
            "std::collections::hash_map: Entry",
            "std: fmt",
            "std::sync: itself as sync",
            "std::sync::atomic: AtomicUsize as Counter, Ordering",
            "crate::clock: *",
            "super: limits as bounds",
            "super: *",
        ),
        uses=(
            "Cache.get",
            {
                "call": "get elapsed fetch_add Hit clone to_owned",
                "type": "Lookup V Miss",
                "attribute": "slots born AGE Relaxed value",
                "name": "key Some slot bounds HITS Ordering Lookup",
            },
        ),
    ),
    Case(
        "go",
        "queue.go",
        symbols=r"""
            variable ErrFull
            constant Small
            constant Large
            interface Job
            method Job.Run
            method Job.Name
            type Handler
            type ID
            struct Queue
            property Queue.mu
            property Queue.jobs
            property Queue.limit
            function New
            method Queue.Push
            method ID.String
            function work
        """,
        described={
            "Job": ("type Job interface", "Job is what a worker does."),
            "Queue": ("type Queue[T Job] struct", "Queue holds jobs until somebody takes them."),
            "Queue.Push": ("func (q *Queue[T]) Push(job T) error", "Push adds a job."),
        },
        scope=("return Err$0Full", '{ log.Warn("full", "job", job.Name()) return ErrFull }'),
        closed=("go func() {$0", "_ = handle(ctx, job) }"),
        imports=(
            "context",
            "errors",
            "log/slog: itself as log",
            "net/http/pprof",
            "example.com/jobs/kinds: *",
            "sync",
        ),
        uses=(
            "Queue.Push",
            {
                "call": "Lock Unlock len Warn Name append",
                "type": "Queue T error",
                "attribute": "mu jobs limit",
                "name": "q log job ErrFull",
            },
        ),
    ),
    Case(
        "swift",
        "Weather.swift",
        symbols=r"""
            variable maximumDays
            variable cache
            type Handler
            interface Source
            property Source.name
            type Source.Reading
            method Source.forecast
            enum Sky
            property Sky.symbol
            struct Forecast
            property Forecast.day
            property Forecast.sky
            method Forecast.init
            method Forecast.brighten
            class Service
            property Service.session
            method Service.init
            method Service.deinit
            method Service.forecast
            method Service.url
            class Counter
            property Counter.count
            function report
        """,
        described={
            "Forecast": ("struct Forecast: Codable", "What is expected on one day."),
            "Forecast.brighten": ("mutating func brighten(by steps: Int = 1) -> Sky", ""),
        },
        scope=("guard steps > 0 else {\n            ret$0urn", "guard steps > 0 else { return sky }"),
        closed=("if let known = cache[city] {$0", "return known }"),
        imports=(
            "Foundation",
            "CoreLocation: CLLocation",
            "Forecasts",
        ),
        uses=("Forecast.brighten", {"type": "Int Sky", "attribute": "clear", "name": "steps sky Sky"}),
    ),
)
