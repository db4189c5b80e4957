; C. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(function_definition
  declarator: [
    (function_declarator declarator: (identifier) @name)
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
    (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))
  ]
  body: (_) @body) @definition.function
(declaration declarator: [
  (function_declarator declarator: (identifier) @name)
  (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))
  (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))
]) @definition.function

(struct_specifier name: (type_identifier) @name body: (_) @body) @definition.struct
(union_specifier name: (_) @name body: (_) @body) @definition.struct
(enum_specifier name: (_) @name body: (_) @body) @definition.enum
(type_definition type: (struct_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (union_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (enum_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.enum
(type_definition declarator: [
  (type_identifier) @name
  (pointer_declarator declarator: (type_identifier) @name)
  (array_declarator declarator: (type_identifier) @name)
  (function_declarator declarator: (type_identifier) @name)
  (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @name)))
]) @definition.type
(field_declaration declarator: [
  (field_identifier) @name
  (pointer_declarator declarator: (field_identifier) @name)
  (array_declarator declarator: (field_identifier) @name)
  (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (field_identifier) @name)))
]) @definition.property

(preproc_function_def name: (_) @name) @definition.macro
(preproc_def name: (_) @name value: (_)) @definition.constant
(declaration declarator: [
  (identifier) @name
  (pointer_declarator declarator: (identifier) @name)
  (array_declarator declarator: (identifier) @name)
  (function_declarator declarator: (parenthesized_declarator (pointer_declarator declarator: (identifier) @name)))
  (init_declarator declarator: [
    (identifier) @name
    (pointer_declarator declarator: [(identifier) @name (array_declarator declarator: (identifier) @name)])
    (array_declarator declarator: (identifier) @name)
  ])
]) @definition.variable

;; imports
(preproc_include path: [(system_lib_string) @module (string_literal (string_content) @module)]) @import

;; references
(identifier) @name
(type_identifier) @type
(field_identifier) @attribute
(call_expression function: [(identifier) @call (field_expression field: (field_identifier) @call)])

[
  (function_declarator declarator: [(identifier) (field_identifier)] @defined)
  (init_declarator declarator: (identifier) @defined)
  (declaration declarator: (identifier) @defined)
  (parameter_declaration declarator: (identifier) @defined)
  (pointer_declarator declarator: [(identifier) (field_identifier) (type_identifier)] @defined)
  (array_declarator declarator: [(identifier) (field_identifier) (type_identifier)] @defined)
  (field_declaration declarator: (field_identifier) @defined)
  (field_designator (field_identifier) @defined)
  (struct_specifier name: (_) @defined body: (_))
  (union_specifier name: (_) @defined body: (_))
  (enum_specifier name: (_) @defined body: (_))
  (type_definition declarator: (type_identifier) @defined)
  (enumerator name: (_) @defined)
  (preproc_def name: (_) @defined)
  (preproc_function_def name: (_) @defined)
  (preproc_params (identifier) @defined)
]

;; scopes
[
  (compound_statement)
  (field_declaration_list)
  (enumerator_list)
  (function_definition body: (compound_statement))
  (struct_specifier body: (_))
  (union_specifier body: (_))
  (enum_specifier body: (_))
] @scope
