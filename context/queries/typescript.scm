; TypeScript. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(function_declaration name: (_) @name body: (_) @body) @definition.function
(generator_function_declaration name: (_) @name body: (_) @body) @definition.function
(function_signature name: (_) @name) @definition.function
(class_declaration name: (_) @name body: (_) @body) @definition.class
(abstract_class_declaration name: (_) @name body: (_) @body) @definition.class
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(type_alias_declaration name: (_) @name) @definition.type
(internal_module name: (_) @name body: (_) @body) @definition.module
(module name: [(identifier) @name (string (string_fragment) @name)] body: (_) @body) @definition.module
(method_definition name: (_) @name body: (_) @body) @definition.method
(abstract_method_signature name: (_) @name) @definition.method
(interface_body (method_signature name: (_) @name) @definition.method)
(class_body (method_signature name: (_) @name) @definition.method)
(interface_body (property_signature name: (_) @name) @definition.property)

; A variable that holds a function or a class is one.
(_ (variable_declarator name: (identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body) (generator_function body: (_) @body)])
) @definition.function
(_ (variable_declarator name: (identifier) @name value: (class body: (_) @body))) @definition.class
(public_field_definition name: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method
(pair key: (property_identifier) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.method

(public_field_definition name: (_) @name) @definition.variable
(required_parameter [(accessibility_modifier) "readonly"] pattern: (identifier) @name) @definition.property
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
((import_statement
  (import_require_clause (identifier) @alias source: (string (string_fragment) @module))) @import (#set! name ""))

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
(type_identifier) @type
(call_expression function: [(identifier) @call (member_expression property: (_) @call)])
(new_expression constructor: [(identifier) @call (member_expression property: (_) @call)])
(extends_clause value: [(identifier) @type (member_expression property: (_) @type)])

[(import_statement) (export_statement source: (_))] @ignored
[
  (function_declaration name: (_) @defined)
  (generator_function_declaration name: (_) @defined)
  (function_expression name: (_) @defined)
  (function_signature name: (_) @defined)
  (class_declaration name: (_) @defined)
  (abstract_class_declaration name: (_) @defined)
  (class name: (_) @defined)
  (interface_declaration name: (_) @defined)
  (enum_declaration name: (_) @defined)
  (enum_body (property_identifier) @defined)
  (enum_assignment name: (_) @defined)
  (type_alias_declaration name: (_) @defined)
  (type_parameter name: (_) @defined)
  (internal_module name: (_) @defined)
  (module name: (_) @defined)
  (method_definition name: (property_identifier) @defined)
  (method_definition name: (private_property_identifier) @defined)
  (method_signature name: (property_identifier) @defined)
  (abstract_method_signature name: (property_identifier) @defined)
  (property_signature name: (_) @defined)
  (public_field_definition name: (_) @defined)
  (variable_declarator name: (identifier) @defined)
  (pair key: (property_identifier) @defined)
  (required_parameter pattern: (identifier) @defined)
  (optional_parameter pattern: (identifier) @defined)
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
  (interface_body)
  (enum_body)
  (switch_body)
  (function_declaration)
  (generator_function_declaration)
  (function_expression)
  (generator_function)
  (arrow_function body: (statement_block))
  (method_definition)
  (class_declaration)
  (abstract_class_declaration)
  (class)
  (interface_declaration)
  (enum_declaration)
  (internal_module body: (_))
  (module body: (_))
] @scope
