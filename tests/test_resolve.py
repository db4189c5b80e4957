"""Imports lead to the files that define the imported names, in each language's own ways and never out of the project.

What is expected is "path" for a module as such, and "path:name" for a definition in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from context.resolve import Resolver
from context.syntax import parse
from context.workspace import Workspace
from tests.projects import document_at, laid_out, shown


def check(folder: Path, project: str, name: str, text: str, *expected: str) -> None:
    """Resolve the imports of a text that stands at a place in a project."""
    laid_out(folder, project)
    document = document_at(folder, name, text)
    workspace = Workspace([folder])
    targets = Resolver(workspace, [folder]).targets(document, parse(document).imports())
    assert shown(folder, targets) == list(expected)
    assert all(workspace.document(target.uri) for target in targets)


PYTHON = """
== app/__init__.py
from .core import Engine as Motor
from app.loop import *
from . import late
VERSION = 1
== app/core.py
class Engine: ...
== app/late.py
def wait(): ...
== app/loop.py
__all__ = ["run"]
from .inner.deep import run, stop
== app/inner/deep.py
async def run(): ...
def stop(): ...
== app/native.pyi
def fast() -> int: ...
== src/lib/__init__.py
== src/lib/shapes.py
A, B = 1, 2
C: int = 3
== tools/cli/__init__.py
def main(): ...
== docs/numpy/guide.py
== scripts/helper.py
def aid(): ...
== json.py
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("app/x.py", "from app.core import Engine", ["app/core.py:Engine"]),
        ("app/x.py", "from .core import Engine as E, Gone", ["app/core.py:Engine", "app/core.py"]),
        ("app/inner/x.py", "from ..core import Engine\nfrom .. import late", ["app/core.py:Engine", "app/late.py"]),
        ("app/x.py", "import app.core as c, app", ["app/core.py", "app/__init__.py"]),
        ("app/x.py", "from app import core, VERSION", ["app/core.py", "app/__init__.py:VERSION"]),
        ("app/x.py", "from app.core import *", ["app/core.py"]),
        ("main.py", "from app import Motor, run", ["app/core.py:Engine", "app/inner/deep.py:run"]),
        ("main.py", "from app import stop", ["app/__init__.py"]),
        ("main.py", "from app.native import fast", ["app/native.pyi:fast"]),
        ("main.py", "from lib.shapes import B, C", ["src/lib/shapes.py:B", "src/lib/shapes.py:C"]),
        ("app/x.py", "from cli import main", ["tools/cli/__init__.py:main"]),
        ("scripts/run.py", "from helper import aid", ["scripts/helper.py:aid"]),
        ("app/x.py", "import os, numpy.guide\nfrom core import Engine", []),
        ("app/x.py", "from ........core import Engine", []),
        ("app/core.py", "from app.core import Engine", []),
        ("app/x.py", "from app.inner import deep", ["app/inner/deep.py"]),
        ("app/x.py", "from app.late import wait\nfrom app.core import Engine\nfrom app.late import wait",
         ["app/late.py:wait", "app/core.py:Engine"]),
    ],
)  # fmt: skip
def test_python(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    """Absolute and relative imports, packages, submodules, stubs and what a package hands on, in the text's order."""
    check(tmp_path, PYTHON, name, text, *expected)


def test_python_sources_that_a_pyproject_names(tmp_path: Path) -> None:
    """Sources may lie in a folder of any name, as long as the project's settings say so."""
    settings = """== a/pyproject.toml\n[tool.setuptools.packages.find]\nwhere = ["code"]\n== a/code/one/__init__.py
== b/pyproject.toml\n[tool.setuptools]\npackage-dir = {"" = "kept"}\n== b/kept/two.py\n"""
    check(tmp_path, settings, "a/x.py", "import one", "a/code/one/__init__.py")
    check(tmp_path, settings, "b/x.py", "import two", "b/kept/two.py")


def test_a_workspace_folder_that_is_a_package(tmp_path: Path) -> None:
    """A person may open the package alone; its files import it by its name."""
    folder = laid_out(tmp_path / "pkg", "== __init__.py\n== mod.py\nX = 1\n")
    check(folder, "", "a.py", "from pkg.mod import X\nfrom pkg2 import y", "mod.py:X")


def test_python_modules_that_hand_on_in_a_circle(tmp_path: Path) -> None:
    """A circle of imports defines nothing; what is known is the module that was imported from."""
    circle = "== a.py\nfrom b import *\nfrom b import X\n== b.py\nfrom a import *\nfrom a import X\n"
    check(tmp_path, circle, "c.py", "from a import X, Y", "a.py")


def test_python_modules_in_a_knot(tmp_path: Path) -> None:
    """Modules that all take everything from one another are each looked at once, so the search comes to an end."""
    names = [f"m{number}" for number in range(30)]
    stars = "".join(f"from {name} import *\n" for name in names)
    check(tmp_path, "".join(f"== {name}.py\n{stars}" for name in names), "x.py", "from m1 import X", "m1.py")


WEB = """
== tsconfig.base.json
{ // shared
  "compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["app/*"], "@/odd": ["app/util.ts"],},},
}
== tsconfig.json
{"extends": "./tsconfig.base", /* no more */ }
== package.json
{"name": "whole", "workspaces": ["packages/*"], "imports": {"#inner/*": "./app/*.ts"}}
== app/util.ts
export const one = 1
export default function helper() {}
const hidden = 2
export { hidden as shown }
== app/parts/index.ts
export * from "./deep"
export { default as Deep, type Kind } from "./deep"
export * as util from "../util"
== app/parts/deep.tsx
export interface Kind {}
export abstract class Part {}
const Deepest = () => null
export default Deepest
== app/old.cjs
exports.legacy = 1
== app/types.d.ts
export declare function typed(): void
== packages/kit/package.json
{"name": "@w/kit", "main": "dist/index.js", "exports": {".": "./dist/index.js", "./*": {"import": "./src/sub/*.ts"}}}
== packages/kit/src/index.ts
export class Kit {}
== packages/kit/src/sub/extra.ts
export let extra
== broken/tsconfig.json
{"extends": "./tsconfig.json", "compilerOptions": ["}
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("app/x.ts", "import { one } from './util'", ["app/util.ts:one"]),
        ("app/x.ts", "import { one } from './util.js'", ["app/util.ts:one"]),
        ("app/x.ts", "import help, { shown } from './util'", ["app/util.ts:helper", "app/util.ts:hidden"]),
        ("app/x.tsx", "import { Part, Kind } from './parts'", ["app/parts/deep.tsx:Part", "app/parts/deep.tsx:Kind"]),
        ("app/x.ts", "import { Deep, util } from './parts/index'", ["app/parts/deep.tsx:Deepest", "app/util.ts"]),
        ("app/x.js", "const { legacy } = require('./old.cjs')", ["app/old.cjs:legacy"]),
        ("app/x.ts", "import * as u from './util'\nimport './types'", ["app/util.ts", "app/types.d.ts"]),
        ("app/x.ts", "import { typed } from '@/types'", ["app/types.d.ts:typed"]),
        ("app/x.ts", "import { one } from '@/odd'\nimport { one as o } from 'app/util'", ["app/util.ts:one"]),
        ("app/x.ts", "import { Kit } from '@w/kit'", ["packages/kit/src/index.ts:Kit"]),
        ("app/x.ts", "import { extra } from '@w/kit/extra'", ["packages/kit/src/sub/extra.ts:extra"]),
        ("app/x.ts", "import { one } from '#inner/util'", ["app/util.ts:one"]),
        ("broken/x.ts", "import a from '@/util'\nimport { one } from '../app/util'", ["app/util.ts:one"]),
        ("app/x.ts", "import a from '../../../etc/passwd'\nimport b from 'react'\nimport c from './gone'", []),
    ],
)
def test_javascript_and_typescript(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    """Relative files, aliases of a tsconfig with comments, barrel files, and the packages of a monorepo."""
    check(tmp_path, WEB, name, text, *expected)


def test_the_workspaces_of_a_pnpm_project(tmp_path: Path) -> None:
    """The packages of a monorepo may be listed in a file of their own."""
    project = """== package.json\n{}\n== pnpm-workspace.yaml\npackages:\n  - "libs/*"  # all of them\n  - '!libs/old'
== libs/kit/package.json\n{"name": "kit"}\n== libs/kit/index.js\nmodule.exports = Kit\nclass Kit {}\n"""
    check(tmp_path, project, "app/x.js", "import K from 'kit'", "libs/kit/index.js:Kit")


def test_a_tsconfig_that_extends_itself(tmp_path: Path) -> None:
    """Settings may extend one another in a circle; what they say holds all the same."""
    circle = """== a.json\n{"extends": "./tsconfig.json", "compilerOptions": {"paths": {"~/*": ["./lib/*"]}}}
== tsconfig.json\n{"extends": "./a.json"}\n== lib/m.ts\nexport enum M {}\n"""
    check(tmp_path, circle, "x.ts", "import { M } from '~/m'", "lib/m.ts:M")


GO = """
== go.mod
module example.com/shop/v2
replace example.com/other => ./vendored/other
== stock/stock.go
package stock
type Item struct{}
const (
\tFirst = iota
\tSecond
)
== stock/count.go
package stock
func (i Item) Count() int { return 0 }
func Total() int { return 0 }
== stock/count_test.go
package stock
func Helper() {}
== vendored/other/other.go
package other
var Thing = 1
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import "example.com/shop/v2/stock"\nvar x = stock.Total() + stock.Second',
         ["stock/stock.go:Second", "stock/count.go:Total"]),
        ('import s "example.com/shop/v2/stock"\nvar x s.Item', ["stock/stock.go:Item"]),
        ('import "example.com/shop/v2/stock"', ["stock/stock.go"]),
        ('import "example.com/shop/v2/stock"\nvar x = stock.Helper', ["stock/stock.go"]),
        ('import "example.com/other"\nvar x = other.Thing', ["vendored/other/other.go:Thing"]),
        ('import (\n"fmt"\n"example.com/shop/v2/../../out"\n"example.com/shopping"\n)\nvar x = fmt.Println', []),
    ],
)  # fmt: skip
def test_go(tmp_path: Path, text: str, expected: list[str]) -> None:
    """A package is a folder below its module; its targets are what the document uses, never of its tests."""
    check(tmp_path, GO, "main.go", f"package main\n{text}\n", *expected)


RUST = """
== Cargo.toml
[workspace]
members = ["crates/*"]
== crates/core/Cargo.toml
[package]
name = "my-core"
[[bin]]
path = "prog/main.rs"
[dependencies]
alias = { path = "../other", package = "other" }
== crates/core/src/lib.rs
pub mod a;
mod b;
#[path = "odd/place.rs"]
mod odd;
pub use b::Inner as Outer;
pub fn top() {}
== crates/core/prog/main.rs
pub fn run() {}
== crates/core/prog/flags/mod.rs
== crates/core/src/a.rs
pub mod deep;
pub enum Kind { One }
== crates/core/src/a/deep.rs
pub struct Deep;
== crates/core/src/b/mod.rs
pub struct Inner;
pub const X: u8 = 1;
== crates/core/src/odd/place.rs
pub trait Odd {}
== crates/other/Cargo.toml
[package]
name = "other"
== crates/other/src/lib.rs
macro_rules! make { () => {} }
pub type Alias = u8;
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("src/b/x.rs", "use crate::a::deep::Deep;", ["src/a/deep.rs:Deep"]),
        ("src/x.rs", "use crate::a::{self, Kind::*, deep};", ["src/a.rs", "src/a/deep.rs", "src/a.rs:Kind"]),
        ("src/a/deep.rs", "use super::Kind;\nuse super::super::top;", ["src/a.rs:Kind", "src/lib.rs:top"]),
        ("src/b/mod.rs", "use super::odd::Odd;\nuse self::x::Y;", ["src/odd/place.rs:Odd"]),
        ("src/x.rs", "use crate::{Outer, b::X as Y};", ["src/b/mod.rs:Inner", "src/b/mod.rs:X"]),
        ("src/lib.rs", "use a::Kind;", ["src/a.rs:Kind"]),
        ("tests/it.rs", "use my_core::Outer;\nuse other::Alias;", ["src/b/mod.rs:Inner", "../other/src/lib.rs:Alias"]),
        ("src/x.rs", "use alias::make;\nuse std::io;\nuse serde::Serialize;", ["../other/src/lib.rs:make"]),
        ("src/a/deep.rs", "pub enum Kind {}\nmod tests { use super::Kind; }", []),
        ("prog/flags/x.rs", "use crate::run;\nuse super::super::run;", ["prog/main.rs:run"]),
        ("src/x.rs", "use super::super::super::super::top;", []),
    ],
)
def test_rust(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    """Modules of the crate, those of other crates of the workspace, and what `pub use` hands on."""
    whole = [f"crates/{each}" if each.startswith("../") else f"crates/core/{each}" for each in expected]
    check(tmp_path, RUST, f"crates/core/{name}", text, *(each.replace("crates/../", "crates/") for each in whole))


OTHERS = """
== shop/src/main/java/com/acme/Cart.java
package com.acme; public class Cart { static class Line {} static int size() { return 0; } }
== shop/src/main/java/com/acme/Order.java
package com.acme; class Order {}
== shop/src/main/kotlin/com/acme/Prices.kt
package com.acme
fun total(): Int = 0
== odd/place/com/acme/Near.java
package com.acme; record Near() {}
== c/own/own.h
== c/include/list.h
struct list;
== c/src/node.h
struct node;
== php/composer.json
{"autoload": {"psr-4": {"App\\\\": "app/", "App\\\\Tests\\\\": ["tests/"]}}}
== php/app/Models/User.php
== php/tests/UserTest.php
== ruby/lib/acme/tool.rb
== ruby/lib/acme.rb
== lua/lua/acme/init.lua
== web/site.css
== web/run.sh
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("shop/src/test/java/com/acme/T.java", "package com.acme;\nimport com.acme.Cart;\nimport java.util.List;",
         ["shop/src/main/java/com/acme/Cart.java:Cart"]),
        ("shop/src/main/java/T.java", "import com.acme.Cart.Line;\nimport static com.acme.Cart.size;",
         ["shop/src/main/java/com/acme/Cart.java:Line", "shop/src/main/java/com/acme/Cart.java:size"]),
        ("shop/src/main/java/T.java", "import com.acme.*;\nclass T { Order o; }",
         ["shop/src/main/java/com/acme/Order.java:Order"]),
        ("shop/src/main/kotlin/T.kt", "import com.acme.total\nimport com.acme.Order as O",
         ["shop/src/main/kotlin/com/acme/Prices.kt:total", "shop/src/main/java/com/acme/Order.java:Order"]),
        ("odd/place/com/acme/T.java", "package com.acme;\nimport com.acme.Near;",
         ["odd/place/com/acme/Near.java:Near"]),
        ("c/own/x.c", '#include "own.h"\n#include <own.h>', ["c/own/own.h"]),
        ("c/other/x.c", '#include <own.h>', []),
        ("c/src/x.c", '#include "node.h"\n#include "list.h"\n#include <list.h>\n#include <stdio.h>',
         ["c/src/node.h", "c/include/list.h"]),
        ("php/app/x.php", "<?php\nuse App\\Models\\User;\nuse App\\Tests\\{UserTest as T};\nuse Other\\X;",
         ["php/app/Models/User.php:User", "php/tests/UserTest.php:UserTest"]),
        ("php/app/x.php", "<?php\nrequire __DIR__ . '/Models/User.php';", ["php/app/Models/User.php"]),
        ("ruby/lib/x.rb", "require 'acme/tool'\nrequire_relative '../lib/acme'\nrequire 'json'",
         ["ruby/lib/acme/tool.rb", "ruby/lib/acme.rb"]),
        ("lua/x.lua", 'local a = require("acme")', ["lua/lua/acme/init.lua"]),
        ("web/x.css", '@import "site.css";', ["web/site.css"]),
        ("web/x.html", '<link href="site.css"><script src="https://example.com/a.js"></script>', ["web/site.css"]),
        ("web/x.sh", ". ./run.sh", ["web/run.sh"]),
        ("web/x.cs", "using System.Text;", []),
        ("web/x.unknown", "import site", []),
    ],
)  # fmt: skip
def test_other_languages(tmp_path: Path, name: str, text: str, expected: list[str]) -> None:
    """Packages below source roots, headers, PSR-4, load paths and plain paths; other languages have no targets."""
    check(tmp_path, OTHERS, name, text, *expected)
