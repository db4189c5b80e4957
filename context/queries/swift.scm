; Swift. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(class_declaration declaration_kind: "class" name: (_) @name body: (_) @body) @definition.class
(class_declaration declaration_kind: "actor" name: (_) @name body: (_) @body) @definition.class
(class_declaration declaration_kind: "struct" name: (_) @name body: (_) @body) @definition.struct
(class_declaration declaration_kind: "enum" name: (_) @name body: (_) @body) @definition.enum
(class_declaration declaration_kind: "extension" name: (user_type) @name) @container
(protocol_declaration name: (_) @name body: (_) @body) @definition.interface
(function_declaration name: (simple_identifier) @name body: (_)? @body) @definition.method
(protocol_function_declaration name: (simple_identifier) @name) @definition.method
(init_declaration name: _ @name body: (_)? @body) @definition.method
(deinit_declaration "deinit" @name body: (_) @body) @definition.method
(typealias_declaration name: (type_identifier) @name) @definition.type
(associatedtype_declaration name: (type_identifier) @name) @definition.type
(protocol_property_declaration name: (pattern bound_identifier: (_) @name)) @definition.property
(property_declaration name: (pattern bound_identifier: (_) @name) computed_value: (_)? @body) @definition.variable
[(lambda_literal) (computed_property)] @local

;; imports
(import_declaration ["class" "struct" "enum" "protocol" "func" "var" "let" "typealias"] (identifier) @path) @import
(import_declaration (identifier) @module) @import

;; references
(simple_identifier) @name
(type_identifier) @type
(navigation_suffix suffix: (simple_identifier) @attribute)
(call_expression . (simple_identifier) @call (call_suffix [(value_arguments "(") (lambda_literal)]))
(call_expression
  . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @call))
  (call_suffix [(value_arguments "(") (lambda_literal)]))

(import_declaration) @ignored
[
  (class_declaration name: (type_identifier) @defined)
  (protocol_declaration name: (_) @defined)
  (typealias_declaration name: (type_identifier) @defined)
  (associatedtype_declaration name: (_) @defined)
  (type_parameter . (type_identifier) @defined)
  (function_declaration name: (simple_identifier) @defined)
  (protocol_function_declaration name: (simple_identifier) @defined)
  (parameter external_name: (_) @defined)
  (parameter name: (simple_identifier) @defined)
  (lambda_parameter name: (_) @defined)
  (pattern bound_identifier: (_) @defined)
  (pattern (pattern . (simple_identifier) @defined .))
  (if_statement bound_identifier: (_) @defined)
  (guard_statement bound_identifier: (_) @defined)
  (enum_entry name: (_) @defined)
  (value_argument_label (simple_identifier) @defined)
]

;; scopes
[
  (function_body)
  (class_body)
  (enum_class_body)
  (protocol_body)
  (computed_property)
  (lambda_literal)
  (switch_statement)
  (if_statement)
  (guard_statement)
  (for_statement)
  (while_statement)
  (class_declaration)
  (protocol_declaration)
  (function_declaration)
  (init_declaration body: (_))
  (deinit_declaration)
] @scope
