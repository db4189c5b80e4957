; TOML. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(table . (_) @name "]" @header) @definition.key
(table_array_element . (_) @name "]]" @header) @definition.key
(document (pair . (_) @name (_) @body) @definition.key)
(table (pair . (_) @name (_) @body) @definition.key)
(table_array_element (pair . (_) @name (_) @body) @definition.key)

;; scopes
[(table) (table_array_element)] @scope.section
[(array) (inline_table)] @scope
