; Shell. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(function_definition name: (_) @name body: (_) @body) @definition.function
(declaration_command "readonly" (variable_assignment name: (variable_name) @name)) @definition.constant
(declaration_command (variable_assignment name: (variable_name) @name)) @definition.variable
(variable_assignment name: (variable_name) @name) @definition.variable

;; imports
((command name: (command_name (word) @_command) . argument: (_) @module) @import (#any-of? @_command "source" "."))

;; references
(variable_name) @name
(command_name (word) @call)

[
  (function_definition name: (_) @defined)
  (variable_assignment name: (variable_name) @defined)
  (declaration_command (variable_name) @defined)
  (for_statement variable: (_) @defined)
]

;; scopes
[
  (function_definition body: (compound_statement))
  (compound_statement)
  (subshell)
  (do_group)
  (if_statement)
  (case_statement)
] @scope
