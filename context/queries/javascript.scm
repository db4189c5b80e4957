; JavaScript. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(function_declaration name: (_) @name body: (_) @body) @definition.function
(generator_function_declaration name: (_) @name body: (_) @body) @definition.function
(class_declaration name: (_) @name body: (_) @body) @definition.class
(method_definition name: (_) @name body: (_) @body) @definition.method

; A variable that holds a function or a class is one.
(_ (variable_declarator name: (identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)])
) @definition.function
(_ (variable_declarator name: (identifier) @name value: (class body: (_) @body))) @definition.class
(field_definition property: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method
(pair key: (property_identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method
(assignment_expression
  left: (member_expression object: (_) @owner property: (_) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function

(field_definition property: (_) @name) @definition.variable
(lexical_declaration
  kind: "const" (variable_declarator name: (identifier) @name value: (object) @body)) @definition.constant
(lexical_declaration kind: "const" (variable_declarator name: (identifier) @name)) @definition.constant
(lexical_declaration kind: "const" (variable_declarator name: [
  (object_pattern [(shorthand_property_identifier_pattern) @name (pair_pattern value: (identifier) @name)])
  (array_pattern (identifier) @name)
])) @definition.constant
(lexical_declaration kind: "let" (variable_declarator name: (identifier) @name)) @definition.variable
(variable_declaration (variable_declarator name: (identifier) @name)) @definition.variable
[(arrow_function) (function_expression)] @local

;; imports
(import_statement source: (string (string_fragment) @module)) @import
((import_statement (import_clause (identifier) @alias)) @import (#set! name "default"))
((import_statement (import_clause (namespace_import (identifier) @alias))) @import (#set! name "*"))
(import_statement (import_clause (named_imports (import_specifier name: (_) @name alias: (_)? @alias)))) @import

(export_statement source: (string (string_fragment) @module)) @import
((export_statement "*" source: (_)) @import (#set! name "*"))
((export_statement (namespace_export (_) @alias) source: (_)) @import (#set! name "*"))
(export_statement (export_clause (export_specifier name: (_) @name alias: (_)? @alias)) source: (_)) @import

(call_expression function: (import) arguments: (arguments . (string (string_fragment) @module))) @import
((call_expression function: (identifier) @_function arguments: (arguments . (string (string_fragment) @module) .)) @import
  (#eq? @_function "require"))
((variable_declarator
  name: [
    (identifier) @alias
    (object_pattern (shorthand_property_identifier_pattern) @name)
    (object_pattern (pair_pattern key: (_) @name value: (identifier) @alias))
  ]
  value: (call_expression function: (identifier) @_function arguments: (arguments . (string) .)) @import)
  (#eq? @_function "require") (#set! name ""))

;; references
[(identifier) (shorthand_property_identifier)] @name
[(property_identifier) (private_property_identifier)] @attribute
(call_expression function: [(identifier) @call (member_expression property: (_) @call)])
(new_expression constructor: [(identifier) @call (member_expression property: (_) @call)])
(jsx_closing_element) @ignored
(class_heritage [(identifier) @type (member_expression property: (_) @type)])

[(import_statement) (export_statement source: (_))] @ignored
[
  (function_declaration name: (_) @defined)
  (generator_function_declaration name: (_) @defined)
  (function_expression name: (_) @defined)
  (class_declaration name: (_) @defined)
  (class name: (_) @defined)
  (method_definition name: (_) @defined)
  (field_definition property: (_) @defined)
  (variable_declarator name: (identifier) @defined)
  (pair key: (property_identifier) @defined)
  (formal_parameters (identifier) @defined)
  (arrow_function parameter: (identifier) @defined)
  (assignment_pattern left: (identifier) @defined)
  (rest_pattern (identifier) @defined)
  (array_pattern (identifier) @defined)
  (pair_pattern key: (_) @defined)
  (pair_pattern value: (identifier) @defined)
  (for_in_statement kind: _ left: (identifier) @defined)
  (catch_clause parameter: (identifier) @defined)
]

;; scopes
[
  (statement_block)
  (class_body)
  (switch_body)
  (function_declaration)
  (generator_function_declaration)
  (function_expression)
  (generator_function)
  (arrow_function body: (statement_block))
  (method_definition)
  (class_declaration)
  (class)
] @scope
