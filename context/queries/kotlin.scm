; Kotlin. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(class_declaration "interface" name: (_) @name (class_body)? @body) @definition.interface
(class_declaration (modifiers (class_modifier "enum")) name: (_) @name (enum_class_body)? @body) @definition.enum
(class_declaration name: (_) @name (class_body)? @body) @definition.class
(object_declaration name: (_) @name (class_body)? @body) @definition.class
(companion_object name: (_) @name (class_body)? @body) @definition.class
(function_declaration (user_type . (identifier) @owner) . "." name: (_) @name (function_body)? @body) @definition.method
(function_declaration name: (_) @name (function_body)? @body) @definition.method
(secondary_constructor "constructor" @name (block)? @body) @definition.method
(type_alias type: (_) @name) @definition.type
(property_declaration
  (modifiers (property_modifier "const")) (variable_declaration . (identifier) @name)) @definition.constant
(property_declaration (variable_declaration . (identifier) @name)) @definition.variable
(class_parameter ["val" "var"] (identifier) @name) @definition.property
[(lambda_literal) (anonymous_initializer) (anonymous_function)] @local

;; imports
(import (qualified_identifier) @path "*"? @star (identifier)? @alias) @import

;; references
(identifier) @name
(user_type (identifier) @type)
(navigation_expression (_) (identifier) @attribute .)
(call_expression . [(identifier) @call (navigation_expression (_) (identifier) @call .)])

[(package_header) (import)] @ignored
[
  (class_declaration name: (_) @defined)
  (object_declaration name: (_) @defined)
  (companion_object name: (_) @defined)
  (function_declaration name: (_) @defined)
  (type_alias type: (_) @defined)
  (type_parameter (identifier) @defined)
  (variable_declaration . (identifier) @defined)
  (parameter . (identifier) @defined)
  (class_parameter (identifier) @defined)
  (enum_entry . (identifier) @defined)
  (value_argument . (identifier) @defined "=")
  (catch_block "(" . (identifier) @defined)
]

;; scopes
[
  (block)
  (class_body)
  (enum_class_body)
  (lambda_literal)
  (when_expression)
  (function_declaration (function_body (block)))
  (class_declaration (class_body))
  (class_declaration (enum_class_body))
  (object_declaration (class_body))
  (companion_object (class_body))
  (secondary_constructor (block))
  (anonymous_initializer)
] @scope
