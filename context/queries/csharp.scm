; C#. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(namespace_declaration name: (_) @name body: (_) @body) @definition.module
(file_scoped_namespace_declaration name: (_) @name) @definition.module
(class_declaration name: (_) @name body: (_)? @body) @definition.class
(record_declaration name: (_) @name body: (_)? @body) @definition.class
(struct_declaration name: (_) @name body: (_)? @body) @definition.struct
(interface_declaration name: (_) @name body: (_)? @body) @definition.interface
(enum_declaration name: (_) @name body: (_)? @body) @definition.enum
(delegate_declaration name: (_) @name) @definition.type
(method_declaration name: (_) @name body: (_)? @body) @definition.method
(constructor_declaration name: (_) @name body: (_)? @body) @definition.method
(destructor_declaration name: (_) @name body: (_)? @body) @definition.method
(operator_declaration operator: _ @name body: (_)? @body) @definition.method
(local_function_statement name: (_) @name body: (_)? @body) @definition.function
(property_declaration name: (_) @name accessors: (_) @body) @definition.property
(property_declaration name: (_) @name value: (_) @body) @definition.property
(event_declaration name: (_) @name accessors: (_)? @body) @definition.property
(event_field_declaration (variable_declaration (variable_declarator name: (_) @name))) @definition.property
(field_declaration (modifier "const") (variable_declaration (variable_declarator name: (_) @name))) @definition.constant
(field_declaration (variable_declaration (variable_declarator name: (_) @name))) @definition.variable

;; imports
(using_directive !name [(identifier) (qualified_name)] @module) @import
((using_directive "static" [(identifier) (qualified_name)] @module) @import (#set! name "*"))
((using_directive name: (_) @alias [(qualified_name) (generic_name)] @module) @import (#set! name ""))

;; references
(identifier) @name
(_ type: (identifier) @type)
(_ returns: (identifier) @type)
(generic_name . (identifier) @type)
(type_argument_list (identifier) @type)
(base_list (identifier) @type)
(attribute name: (identifier) @type)
(qualified_name name: (identifier) @type)
[(member_access_expression name: (identifier) @attribute) (member_binding_expression name: (identifier) @attribute)]
(object_creation_expression type: [(identifier) @call (generic_name . (identifier) @call)])
(invocation_expression function: [
  (identifier) @call
  (generic_name . (identifier) @call)
  (member_access_expression name: [(identifier) @call (generic_name . (identifier) @call)])
  (conditional_access_expression (member_binding_expression name: (identifier) @call))
])

(using_directive) @ignored
(namespace_declaration name: (qualified_name) @ignored)
(file_scoped_namespace_declaration) @ignored
[
  (namespace_declaration name: (identifier) @defined)
  (class_declaration name: (_) @defined)
  (record_declaration name: (_) @defined)
  (struct_declaration name: (_) @defined)
  (interface_declaration name: (_) @defined)
  (enum_declaration name: (_) @defined)
  (enum_member_declaration name: (_) @defined)
  (delegate_declaration name: (_) @defined)
  (method_declaration name: (_) @defined)
  (constructor_declaration name: (_) @defined)
  (destructor_declaration name: (_) @defined)
  (local_function_statement name: (_) @defined)
  (property_declaration name: (_) @defined)
  (event_declaration name: (_) @defined)
  (variable_declarator name: (_) @defined)
  (parameter name: (_) @defined)
  (type_parameter name: (_) @defined)
  (foreach_statement left: (identifier) @defined)
  (catch_declaration name: (_) @defined)
  (declaration_pattern name: (_) @defined)
  (declaration_expression name: (_) @defined)
  (argument name: (_) @defined)
  (lambda_expression parameters: (implicit_parameter) @defined)
]

;; scopes
[
  (block)
  (declaration_list)
  (accessor_list)
  (enum_member_declaration_list)
  (switch_body)
  (namespace_declaration)
  (class_declaration body: (_))
  (record_declaration body: (_))
  (struct_declaration body: (_))
  (interface_declaration body: (_))
  (enum_declaration body: (_))
  (method_declaration body: (block))
  (constructor_declaration body: (block))
  (local_function_statement body: (block))
  (lambda_expression body: (block))
] @scope
