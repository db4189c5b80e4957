; Lua. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(function_declaration name: (identifier) @name body: (_)? @body) @definition.function
(function_declaration name: (dot_index_expression table: (_) @owner field: (_) @name) body: (_)? @body) @definition.function
(function_declaration
  name: (method_index_expression table: (_) @owner method: (_) @name) body: (_)? @body) @definition.method
(assignment_statement
  (variable_list . name: [
    (identifier) @name
    (dot_index_expression table: (_) @owner field: (_) @name)
  ])
  (expression_list . value: (function_definition body: (_)? @body))) @definition.function
(field name: (identifier) @name value: (function_definition body: (_)? @body)) @definition.function
(variable_declaration (assignment_statement (variable_list name: (identifier) @name))) @definition.variable
(variable_declaration (variable_list name: (identifier) @name)) @definition.variable
(assignment_statement (variable_list name: (identifier) @name)) @definition.variable
(function_definition) @local

;; imports
((function_call name: (identifier) @_function arguments: (arguments . (string content: (_) @module))) @import
  (#eq? @_function "require"))
((assignment_statement
  (variable_list . name: (identifier) @alias)
  (expression_list . value: (function_call name: (identifier) @_function arguments: (arguments . (string))) @import))
  (#eq? @_function "require") (#set! name ""))

;; references
(identifier) @name
(dot_index_expression field: (identifier) @attribute)
(function_call name: [
  (identifier) @call
  (dot_index_expression field: (_) @call)
  (method_index_expression method: (_) @call)
])

[
  (function_declaration name: [
    (identifier) @defined
    (dot_index_expression field: (_) @defined)
    (method_index_expression method: (_) @defined)
  ])
  (parameters name: (identifier) @defined)
  (variable_list name: (identifier) @defined)
  (for_numeric_clause name: (_) @defined)
  (field name: (_) @defined)
  (label_statement (identifier) @defined)
  (goto_statement (identifier) @defined)
]

;; scopes
[
  (function_declaration)
  (function_definition)
  (do_statement)
  (if_statement)
  (for_statement)
  (while_statement)
] @scope
