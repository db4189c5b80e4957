"""JavaScript, TypeScript, TSX, PHP, HTML and CSS."""

from __future__ import annotations

from tests.languages.case import Case

CASES = (
    Case(
        "javascript",
        "cart.js",
        symbols=r"""
            constant fs
            constant join
            constant slash
            constant MAX_ITEMS
            variable counter
            class Item
            property Item.kinds
            property Item.#price
            method Item.constructor
            method Item.price
            method Item.load
            function total
            function Cart
            function save
            function ids
        """,
        described={
            "Item": ("class Item", "One line of the cart."),
            "Item.load": ("async load(url = `/items/${this.id}`)", ""),
            "Cart": ("const Cart = ({ items }) =>", ""),
        },
        scope=("sum += it$0em.price", "{ sum += item.price * (1 + tax); }"),
        closed=("if (item.price > MAX_ITEMS) {$0", "sum += item.price * (1 + tax); }"),
        imports=(
            "react: default as React, useState as useLocal, useMemo",
            "./money.js: * as money",
            "./cart.css",
            "./format.js: format",
            "node:fs: itself as fs",
            "node:path: join, sep as slash",
        ),
        uses=("total", {"attribute": "price", "name": "items item MAX_ITEMS sum tax"}),
    ),
    Case(
        "typescript",
        "store.ts",
        symbols=r"""
            constant VERSION
            type Listener
            interface Store
            property Store.size
            method Store.add
            method Store.on
            enum Level
            module legacy-store
            function legacy-store.open
            module Paths
            constant Paths.root
            class MemoryStore
            property MemoryStore.events
            property MemoryStore.count
            method MemoryStore.constructor
            property MemoryStore.clock
            property MemoryStore.level
            method MemoryStore.size
            method MemoryStore.add
            method MemoryStore.flush
            method MemoryStore.[Symbol.iterator]
            function open
            function isStore
        """,
        described={
            "Store": ("interface Store<T> extends Iterable<T>", "What every store can do."),
            "MemoryStore.add": ("add(event: T): void", "Keeps the event and tells everybody."),
            "open": ("async function open<T extends object>(file: string): Promise<Store<T>>", ""),
        },
        scope=("throw new Range$0Error", "{ throw new RangeError(`full at ${this.clock.now()}`); }"),
        closed=("if (this.size >= defaults.limit) {$0", "throw new RangeError(`full at ${this.clock.now()}`); }"),
        imports=(
            "./clock: Clock",
            "node:events: EventEmitter as Emitter",
            "path: * as path",
            "./defaults.json: default as defaults",
            "legacy-store: itself as legacy",
        ),
        uses=(
            "MemoryStore.add",
            {
                "call": "RangeError now push emit",
                "type": "T",
                "attribute": "size limit clock events",
                "name": "defaults event",
            },
        ),
    ),
    Case(
        "typescriptreact",
        "Panel.tsx",
        symbols=r"""
            interface PanelProps
            property PanelProps.title
            property PanelProps.children
            type State
            constant EMPTY
            function Panel
            function Line
            class Boundary
            property Boundary.state
            method Boundary.render
        """,
        described={
            "Panel": ("function Panel({ title, children }: PanelProps)", "A panel that loads its rows."),
            "Line": ("const Line = ({ row }: { row: Row }) =>", "One line of it."),
        },
        scope=("setState({ ro$0ws", "{ setState({ rows, busy: false }); }"),
        closed=("if (alive) {$0", "setState({ rows, busy: false }); }"),
        imports=(
            "react: useEffect, useState, ReactNode",
            "./Panel.module.css: default as styles",
            "../api/rows: fetchRows as load, Row",
        ),
        uses=(
            "Panel",
            {
                "call": "useState useEffect load then setState map",
                "type": "PanelProps State",
                "attribute": "className panel rows key id row",
                "name": "EMPTY title alive rows section styles h2 state Line row children",
            },
        ),
    ),
    Case(
        "php",
        "Router.php",
        symbols=r"""
            module App\Http
            constant VERSION
            constant DEBUG
            interface Routable
            method Routable.path
            class Counts
            property Counts.count
            enum Method
            method Method.safe
            class Router
            constant Router.PREFIX
            property Router.routes
            method Router.__construct
            property Router.logger
            method Router.add
            method Router.fail
            function dispatch
        """,
        described={
            "Router": (
                "#[Singleton] final class Router extends Base implements Routable",
                "Finds the handler of a request.",
            ),
            "Router.add": ("public function add(Method $method, string $path, Handler $handler): static", ""),
        },
        scope=("$this->logger->in$0fo", "{ $this->logger->info('added', ['at' => now()]); }"),
        closed=("foreach ($this->routes as $route) {$0", "$this->count++; }"),
        imports=(
            "App\\Contracts: Handler",
            "App\\Support: Str, Arr as Arrays",
            "App\\Support: now",
            "Psr\\Log: LoggerInterface as Logger",
            "__DIR__ . '/helpers.php'",
            "vendor/autoload.php",
        ),
        uses=("dispatch", {"call": "get NotFound", "type": "Router Arrays", "name": "router name path find"}),
    ),
    Case(
        "html",
        "page.html",
        symbols=r"""
            element top
            heading top.Garden
            element content
            element content.beds
            heading content.beds.Beds
            element content.order
            element content.order.count
        """,
        described={
            "content": ('<main id="content">', "What there is to see."),
            "content.order": ('<form id="order" action="/order">', ""),
        },
        scope=("<h2>Be$0ds</h2>", "<h2>Beds</h2>"),
        closed=("<ul>$0", '<li><a href="#roses">Roses</a></li> <li>Tulips</li> </ul>'),
        imports=(
            "garden.css",
            "./garden.js",
        ),
    ),
    Case(
        "css",
        "garden.css",
        symbols=r"""
            rule :root
            variable :root.--leaf
            variable :root.--space
            rule header.wide, header > nav
            rule #content a:hover
            rule @media (max-width: 40em)
            rule @media (max-width: 40em)..bed
            rule grow
            rule .bed::before
        """,
        described={
            "header.wide, header > nav": ("header.wide, header > nav", "The bar at the top."),
        },
        scope=("color: var(--le$0af)", "{ color: var(--leaf); text-decoration: none; }"),
        closed=(".bed::before {$0", 'content: "\\201C"; animation: grow 2s ease-in; }'),
        imports=(
            "reset.css",
            "fonts/serif.css",
        ),
    ),
)
