; C++: what it adds to C. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(class_specifier name: [(type_identifier) @name (template_type name: (_) @name)] body: (_) @body) @definition.class
(struct_specifier name: (template_type name: (_) @name) body: (_) @body) @definition.struct
(namespace_definition name: (_) @name body: (_) @body) @definition.module
(concept_definition name: (_) @name) @definition.type
(alias_declaration name: (_) @name) @definition.type

; Functions in a class, where a constructor looks like a plain function.
(field_declaration_list (function_definition
  declarator: [
    (function_declarator declarator: (_) @name)
    (pointer_declarator declarator: (function_declarator declarator: (_) @name))
    (reference_declarator (function_declarator declarator: (_) @name))
    (operator_cast) @name
  ]
  body: (_)? @body) @definition.method)
(field_declaration_list (template_declaration (function_definition
  declarator: [
    (function_declarator declarator: (_) @name)
    (pointer_declarator declarator: (function_declarator declarator: (_) @name))
    (reference_declarator (function_declarator declarator: (_) @name))
  ]
  body: (_)? @body) @definition.method))
(field_declaration_list (template_declaration
  (declaration declarator: (function_declarator declarator: (_) @name)) @definition.method))
(field_declaration_list (declaration declarator: (function_declarator declarator: (_) @name)) @definition.method)
(field_declaration declarator: [
  (function_declarator declarator: [(field_identifier) (operator_name)] @name)
  (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name))
  (reference_declarator (function_declarator declarator: [(field_identifier) (operator_name)] @name))
]) @definition.method
(field_declaration declarator: (reference_declarator (field_identifier) @name)) @definition.property

; Functions of a class, outside of it.
(function_definition
  declarator: [
    (function_declarator declarator: (qualified_identifier
      scope: [(namespace_identifier) @owner (template_type name: (_) @owner)]
      name: [(identifier) (destructor_name) (operator_name)] @name))
    (function_declarator declarator: (qualified_identifier
      scope: (_) @owner
      name: (qualified_identifier scope: (_) @owner name: [(identifier) (destructor_name) (operator_name)] @name)))
    (function_declarator declarator: (qualified_identifier
      scope: (_) @owner
      name: (qualified_identifier
        scope: (_) @owner
        name: (qualified_identifier scope: (_) @owner name: [(identifier) (destructor_name) (operator_name)] @name))))
    (pointer_declarator declarator: (function_declarator declarator: (qualified_identifier
      scope: [(namespace_identifier) @owner (template_type name: (_) @owner)] name: (identifier) @name)))
    (reference_declarator (function_declarator declarator: (qualified_identifier
      scope: [(namespace_identifier) @owner (template_type name: (_) @owner)] name: [(identifier) (operator_name)] @name)))
  ]
  body: (_)? @body) @definition.method
(function_definition
  declarator: [
    (function_declarator declarator: (operator_name) @name)
    (reference_declarator (function_declarator declarator: [(identifier) (operator_name)] @name))
  ]
  body: (_) @body) @definition.function
(lambda_expression) @local

;; imports
(using_declaration "namespace"? @star [(identifier) (qualified_identifier)] @path) @import

;; references
[(namespace_identifier)] @name
(qualified_identifier name: (identifier) @attribute)
(call_expression function: [
  (qualified_identifier name: [(identifier) @call (template_function name: (_) @call)])
  (template_function name: (_) @call)
  (field_expression field: (template_method name: (_) @call))
])

(using_declaration) @ignored
[
  (class_specifier name: (type_identifier) @defined body: (_))
  (namespace_definition name: (_) @defined)
  (nested_namespace_specifier (_) @defined)
  (concept_definition name: (_) @defined)
  (alias_declaration name: (_) @defined)
  (type_parameter_declaration (type_identifier) @defined)
  (optional_type_parameter_declaration name: (type_identifier) @defined)
  (optional_parameter_declaration declarator: (identifier) @defined)
  (function_declarator declarator: (qualified_identifier name: (_) @defined))
  (destructor_name (identifier) @defined)
  (field_initializer . (field_identifier) @defined)
  (reference_declarator [(identifier) (field_identifier)] @defined)
  (structured_binding_declarator (identifier) @defined)
  (for_range_loop declarator: (identifier) @defined)
]

;; scopes
[
  (declaration_list)
  (class_specifier body: (_))
  (namespace_definition)
  (lambda_expression)
] @scope
