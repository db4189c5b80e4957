; Scala. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(package_object name: (_) @name body: (_)? @body) @definition.module
(object_definition name: (_) @name body: (_)? @body) @definition.module
(class_definition name: (_) @name body: (_)? @body) @definition.class
(trait_definition name: (_) @name body: (_)? @body) @definition.interface
(enum_definition name: (_) @name body: (_)? @body) @definition.enum
(function_definition name: (_) @name body: (_) @body) @definition.method
(function_declaration name: (_) @name) @definition.method
(type_definition name: (_) @name) @definition.type
(class_parameter ["val" "var"] name: (_) @name) @definition.property
(val_definition pattern: (identifier) @name) @definition.variable
(val_declaration name: (identifier) @name) @definition.variable
(var_definition pattern: (identifier) @name) @definition.variable
(var_declaration name: (identifier) @name) @definition.variable
(given_definition name: (_) @name) @definition.variable
[(block) (lambda_expression)] @local

;; imports
(import_declaration ((identifier) ".")+ @module . (identifier) @name .) @import
(import_declaration ((identifier) ".")+ @path (namespace_wildcard) @star) @import
(import_declaration ((identifier) ".")+ @module (namespace_selectors)) @import
(import_declaration (namespace_selectors (identifier) @name)) @import
(import_declaration (namespace_selectors (_ name: (_) @name alias: (_) @alias))) @import
((import_declaration (namespace_selectors (namespace_wildcard))) @import (#set! name "*"))

;; references
(identifier) @name
(type_identifier) @type
(field_expression field: (identifier) @attribute)
(call_expression function: [
  (identifier) @call
  (field_expression field: (identifier) @call)
  (generic_function function: [(identifier) @call (field_expression field: (identifier) @call)])
])
(instance_expression "new" [(type_identifier) @call (generic_type type: (type_identifier) @call)])

[(package_clause) (import_declaration)] @ignored
[
  (object_definition name: (_) @defined)
  (class_definition name: (_) @defined)
  (trait_definition name: (_) @defined)
  (enum_definition name: (_) @defined)
  (simple_enum_case name: (_) @defined)
  (full_enum_case name: (_) @defined)
  (function_definition name: (_) @defined)
  (function_declaration name: (_) @defined)
  (type_definition name: (_) @defined)
  (type_parameters name: (_) @defined)
  (class_parameter name: (_) @defined)
  (parameter name: (_) @defined)
  (binding name: (_) @defined)
  (lambda_expression parameters: (identifier) @defined)
  (val_definition pattern: (identifier) @defined)
  (val_declaration name: (_) @defined)
  (var_definition pattern: (identifier) @defined)
  (var_declaration name: (_) @defined)
  (given_definition name: (_) @defined)
  (enumerator . (identifier) @defined)
  (case_clause pattern: (identifier) @defined)
  (case_class_pattern pattern: (identifier) @defined)
  (tuple_pattern (identifier) @defined)
  (typed_pattern pattern: (identifier) @defined)
  (capture_pattern name: (_) @defined)
  (interpolated_string_expression interpolator: (_) @defined)
]

;; scopes
[
  (block "}")
  (template_body "}")
  (enum_body "}")
  (case_block "}")
  (class_definition body: (template_body "}"))
  (object_definition body: (template_body "}"))
  (trait_definition body: (template_body "}"))
  (enum_definition body: (enum_body "}"))
  (function_definition body: (block "}"))
] @scope
(indented_block) @scope.indented
[
  (class_definition body: (template_body ":"))
  (object_definition body: (template_body ":"))
  (trait_definition body: (template_body ":"))
  (enum_definition body: (enum_body ":"))
  (function_definition body: (indented_block))
] @scope.headed
