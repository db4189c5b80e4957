; Java. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(class_declaration name: (_) @name body: (_) @body) @definition.class
(record_declaration name: (_) @name body: (_) @body) @definition.class
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(annotation_type_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(method_declaration name: (_) @name body: (_)? @body) @definition.method
(constructor_declaration name: (_) @name body: (_) @body) @definition.method
(compact_constructor_declaration name: (_) @name body: (_) @body) @definition.method
(annotation_type_element_declaration name: (_) @name) @definition.method
(field_declaration declarator: (variable_declarator name: (_) @name)) @definition.variable
(constant_declaration declarator: (variable_declarator name: (_) @name)) @definition.constant

;; imports
(import_declaration [(identifier) (scoped_identifier)] @path (asterisk)? @star) @import

;; references
(identifier) @name
((type_identifier) @type (#not-eq? @type "var"))
(field_access field: (identifier) @attribute)
(method_invocation name: (_) @call)
(object_creation_expression type: [(type_identifier) @call (generic_type . (type_identifier) @call)])
(method_reference (_) (identifier) @attribute)
[(annotation name: (identifier) @type) (marker_annotation name: (identifier) @type)]

[(package_declaration) (import_declaration)] @ignored
[
  (class_declaration name: (_) @defined)
  (record_declaration name: (_) @defined)
  (interface_declaration name: (_) @defined)
  (annotation_type_declaration name: (_) @defined)
  (enum_declaration name: (_) @defined)
  (enum_constant name: (_) @defined)
  (method_declaration name: (_) @defined)
  (constructor_declaration name: (_) @defined)
  (compact_constructor_declaration name: (_) @defined)
  (annotation_type_element_declaration name: (_) @defined)
  (element_value_pair key: (_) @defined)
  (variable_declarator name: (_) @defined)
  (formal_parameter name: (_) @defined)
  (catch_formal_parameter name: (_) @defined)
  (enhanced_for_statement name: (_) @defined)
  (resource name: (_) @defined)
  (inferred_parameters (_) @defined)
  (lambda_expression parameters: (identifier) @defined)
  (instanceof_expression name: (_) @defined)
  (type_parameter (type_identifier) @defined)
  (labeled_statement . (identifier) @defined)
]

;; scopes
[
  (block)
  (class_body)
  (interface_body)
  (annotation_type_body)
  (enum_body)
  (constructor_body)
  (switch_block)
  (class_declaration)
  (record_declaration)
  (interface_declaration)
  (annotation_type_declaration)
  (enum_declaration)
  (method_declaration body: (_))
  (constructor_declaration)
  (compact_constructor_declaration)
  (lambda_expression body: (block))
] @scope
