"""The many forms in which languages define and import, a line or two each."""

from __future__ import annotations

import pytest

from context.syntax import Syntax, parse
from context.text import Document
from tests.languages.case import full_name, written


def syntax_of(language_id: str, text: str) -> Syntax:
    """Parse a text."""
    return parse(Document.of("file:///a", language_id, 1, text))


DEFINITIONS = [
    ("python", "type Pair[T] = tuple[T, T]", "type Pair"),
    ("python", "a = b = 1\nx, y = 1, 2", "variable a; variable b; variable x; variable y"),
    ("python", "try:\n    import json\nexcept ImportError:\n    json = None", "variable json"),
    ("python", "def f():\n    local = 1\n    class A:\n        x = local", "function f; class f.A; property f.A.x"),
    ("python", "@a(1)\n@b\ndef f(): ...", "function f"),
    ("javascript", "export default function main() {}", "function main"),
    ("javascript", "module.exports = { close: function () { const a = 1; } };", "function close"),
    ("javascript", "Foo.prototype.bar = function (a) { return a; };", "function Foo.prototype.bar"),
    ("javascript", "const api = { get() {}, put: () => {} };", "constant api; function api.get; function api.put"),
    ("javascript", "const { a, b: c } = d, [e] = f;", "constant a; constant c; constant e"),
    ("javascript", "it('works', () => { const local = 1; });", ""),
    ("javascript", "class A { #p() {} handler = (e) => { f(e); }; }", "class A; method A.#p; method A.handler"),
    ("typescript", "function f(a: string): void;\nfunction f(a: any) {}", "function f; function f"),
    (
        "typescript",
        "class A { constructor(private b: B, c?: C) {} }",
        "class A; method A.constructor; property A.b",
    ),
    ("typescript", "declare global { interface Window { app: App } }", "interface Window; property Window.app"),
    ("typescript", "namespace A.B { export let v = 1 }", "module A.B; variable A.B.v"),
    (
        "go",
        "type (\n\tP struct { X, Y int }\n\tI interface { M() }\n)",
        "struct P; property P.X; property P.Y; interface I; method I.M",
    ),
    (
        "go",
        "func (P) value() {}\nfunc (p *pkg) Two() (n int, err error) { x := 1 }",
        "method P.value; method pkg.Two",
    ),
    (
        "rust",
        "impl<T> Show for &Name { type Out = T; fn m(self) { const K: u8 = 1; } }",
        "type Name.Out; method Name.m",
    ),
    ("rust", 'extern "C" { fn puts(s: *const c_char) -> i32; }', "function puts"),
    (
        "rust",
        "mod outer { pub mod inner { pub fn deep() {} } }",
        "module outer; module outer.inner; function outer.inner.deep",
    ),
    (
        "rust",
        "struct Unit;\nstruct Pair(u8, u8);\nunion U { a: u8 }",
        "struct Unit; struct Pair; struct U; property U.a",
    ),
    (
        "c",
        "typedef struct node { int v; } node_t, *node_p;",
        "type node_t; type node_p; struct node; property node.v",
    ),
    ("c", "int a, *b, c[3], (*fp)(int);", "variable a; variable b; variable c; variable fp"),
    ("c", "typedef int (*callback)(void *, int);\nchar **names(void);", "type callback; function names"),
    (
        "c",
        "#ifndef A_H\n#define A_H\n#ifdef X\nstatic int f(void) { int local; return 1; }\n#endif\n#endif",
        "function f",
    ),
    ("cpp", "a::b::C::~C() { }\nint* Foo::ptr() { return nullptr; }", "method a.b.C.~C; method Foo.ptr"),
    (
        "cpp",
        "struct A { A() = default; T& operator[](int i) { return d[i]; } int x{1}; };",
        "struct A; method A.A; method A.operator[]; property A.x",
    ),
    ("cpp", "struct A { template <class U> void m(U u); };", "struct A; method A.m"),
    ("cpp", "template <> struct Pair<int, 1> { };", "struct Pair"),
    ("cpp", "std::ostream& operator<<(std::ostream& os, const C& c) { return os; }", "function operator<<"),
    ("java", "enum Op { ADD { int apply() { return 1; } }; Op() {} }", "enum Op; method Op.apply; method Op.Op"),
    (
        "java",
        "class A { int x, y[]; Runnable r = () -> { int local; }; }",
        "class A; property A.x; property A.y; property A.r",
    ),
    (
        "kotlin",
        "class D(val a: Int) { constructor() : this(1) { } }",
        "class D; property D.a; method D.constructor",
    ),
    (
        "kotlin",
        "fun f() {\n  val local = 1\n}\nfun <T> List<T>.second(): T = this[1]",
        "function f; method List.second",
    ),
    ("scala", "object A:\n  def f(a: Int): Int =\n    val local = a\n    local\n", "module A; method A.f"),
    ("scala", "class S(val a: Int, b: Int) { def this() = this(1, 2) }", "class S; property S.a; method S.this"),
    ("csharp", "namespace N { record R(int A) { public int B => A; } }", "module N; class N.R; property N.R.B"),
    (
        "csharp",
        "class A { void M() { int Inner(int x) => x; int local = 1; } }",
        "class A; method A.M; function A.M.Inner",
    ),
    (
        "ruby",
        "class A::B\n  private def secret; end\n  def ==(o); end\nend",
        "class A.B; method A.B.secret; method A.B.==",
    ),
    ("ruby", "l = ->(x) { y = x }\n[1].each do |i| z = i end", "variable l"),
    (
        "php",
        "<?php class K { const A = 1, B = 2; private static int $s = 1, $t; }",
        "class K; constant K.A; constant K.B; property K.s; property K.t",
    ),
    ("php", "<?php if (!function_exists('q')) { function q() {} }", "function q"),
    ("lua", "M.sub.deep = function() end\nfunction M.a:b(x) end", "function M.sub.deep; method M.a.b"),
    ("swift", "extension Foo.Bar: Baz { func m() {}\n var x: Int { 1 } }", "method Foo.Bar.m; property Foo.Bar.x"),
    ("swift", "func f() { let local = 1 }", "function f"),
    ("shellscript", "f() { local a=1; B=2; }\narr=(1 2)", "function f; variable arr"),
    ("html", "<h2>One</h2><p id=x>Text</p><br id='y'/>", "heading One; element x; element y"),
    (
        "css",
        "@supports (display: grid) { a { b: c } }\n@font-face { d: e }",
        "rule @supports (display: grid); rule @supports (display: grid).a; rule @font-face",
    ),
    ("yaml", "'a b': 1\nc:\n  d: 2\n", "key a b; key c"),
    ("json", "[1, 2]", ""),
    ("markdown", "One\n===\n\n# Two #\n", "heading One; heading Two #"),
]


@pytest.mark.parametrize(("language_id", "text", "expected"), DEFINITIONS)
def test_definitions(language_id: str, text: str, expected: str) -> None:
    """What stands within a function is its own affair; the rest is found, under the name of what it belongs to."""
    found = [f"{symbol.kind} {full_name(symbol)}" for symbol in syntax_of(language_id, text).symbols()]
    assert "; ".join(found) == expected


IMPORTS = [
    ("python", "import os, a.b as c", ["os", "a.b: itself as c"]),
    ("python", "if X:\n    from a import (b as c,\n        d)", ["a: b as c, d"]),
    ("python", "from ... import x\nfrom .a.b import *", ["...: x", ".a.b: *"]),
    ("javascript", 'import a, * as b from "c"', ["c: default as a, * as b"]),
    ("javascript", 'export * from "x";\nexport * as ns from "y";', ["x: *", "y: * as ns"]),
    ("javascript", 'const a = require("b").c;\nload(import("d"), e("f"));', ["b", "d"]),
    (
        "typescript",
        'import type A, { B } from "a";\nexport type { C } from "./c";',
        ["a: default as A, B", "./c: C"],
    ),
    ("go", 'import (\n\t"fmt"\n\tm "math"\n\t_ "embed"\n)', ["fmt", "math: itself as m", "embed"]),
    ("rust", "use a::{self as b, c::{d, e::*}, *};", ["a: *, itself as b", "a::c: d", "a::c::e: *"]),
    ("rust", "use foo;\nextern crate serde as s;", [": foo", ": serde as s"]),
    ("java", "import a.B;\nimport static a.B.c;\nimport D;", ["a: B", "a.B: c", ": D"]),
    ("kotlin", "import a.b\nimport c.d.*\nimport e.F as G", ["a: b", "c.d: *", "e: F as G"]),
    ("scala", "import a.b.C\nimport d.{e as f, *}\nimport g.h.*", ["a.b: C", "d: *, e as f", "g.h: *"]),
    ("csharp", "global using A;\nusing static B.C;\nusing D = E.F;", ["A", "B.C: *", "E.F: itself as D"]),
    ("cpp", "#include <a>\nusing namespace b;\nusing c::d;", ["<a>", "b: *", "c: d"]),
    ("ruby", "begin\n  require 'a'\nrescue LoadError\nend\nrequire_relative('../b')", ["a", "./../b"]),
    (
        "php",
        "<?php use A\\B, C\\D as E; use F\\{g, h as i}; include 'j.php';",
        ["A: B", "C: D as E", "F: g, h as i", "j.php"],
    ),
    ("lua", "local a <const> = require 'b'\nprint(require('c').d)", ["b: itself as a", "c"]),
    ("shellscript", 'if x; then . ./a; fi\nsource "$B/c.sh"', ["./a", "$B/c.sh"]),
    ("swift", "import A.B\nimport struct C.D", ["A.B", "C: D"]),
    ("html", "<script src=a.js></script><a href=b>c</a>", ["a.js"]),
    ("css", "@import url(a.css);", ["a.css"]),
]


@pytest.mark.parametrize(("language_id", "text", "expected"), IMPORTS)
def test_imports(language_id: str, text: str, expected: list[str]) -> None:
    """A module is given as written, and a name with what it is called here."""
    assert list(map(written, syntax_of(language_id, text).imports())) == expected


REFERENCES = [
    ("python", "def f(a, *b, c=d, **e):\n    for g in a: h(g.i)", "name d; name a; call h; name g; attribute i"),
    (
        "python",
        "with open(a) as b, c:\n    d = [e for e in b if e]",
        "call open; name a; name c; name e; name b; name e",
    ),
    ("javascript", "const [a, { b, c: d = e }] = f(g);", "name e; call f; name g"),
    ("typescript", "let a: B<C> = new D.E(a as F);", "type B; type C; name D; call E; name a; type F"),
    ("go", "for i, v := range a { b.c(i, v) }", "name a; name b; call c; name i; name v"),
    ("rust", "fn f() { let P { q, r: s } = t; u!(q, s) }", "type P; attribute r; name t; call u; name q; name s"),
    ("java", "class A { var a = b(new C<D>()); }", "call b; call C; type D"),
    ("c", "int f(struct s *a) { return a->b + g(*a); }", "type s; name a; attribute b; call g; name a"),
    ("php", "<?php $a = B::c($d->e, new F);", "type B; call c; name d; attribute e; call F"),
    ("ruby", "a = B::C.new(@d) { |e| e.f }", "type B; type C; call new; name @d; name e; call f"),
    ("yaml", "a: &b 1\nc: *b\n", "name b"),
    ("css", "a { color: var(--b); }", "call var; name --b"),
]


@pytest.mark.parametrize(("language_id", "text", "expected"), REFERENCES)
def test_references(language_id: str, text: str, expected: str) -> None:
    """What is bound at a place is not used there."""
    found = [f"{reference.kind} {reference.name}" for reference in syntax_of(language_id, text).references()]
    assert "; ".join(found) == expected
