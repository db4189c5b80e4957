; JSON. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(document (object (pair key: (string (string_content) @name) value: (_) @body) @definition.key))

;; scopes
[
  (object)
  (array)
] @scope
