; Go. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(function_declaration name: (_) @name body: (_)? @body) @definition.function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @owner
    (generic_type type: (type_identifier) @owner)
    (pointer_type [(type_identifier) @owner (generic_type type: (type_identifier) @owner)])
  ]))
  name: (_) @name body: (_)? @body) @definition.method
(method_elem name: (_) @name) @definition.method

; `type X …` defines one type, `type ( … )` several: then each is a definition of its own.
(type_declaration . (type_spec name: (_) @name type: (struct_type (_) @body)) .) @definition.struct
(type_declaration . (type_spec name: (_) @name type: (interface_type "{" @body "}" @body)) .) @definition.interface
(type_spec name: (_) @name type: (struct_type (_) @body)) @definition.struct
(type_spec name: (_) @name type: (interface_type "{" @body "}" @body)) @definition.interface
(type_declaration . (type_spec name: (_) @name) .) @definition.type
(type_spec name: (_) @name) @definition.type
(type_alias name: (_) @name) @definition.type
(struct_type (_ (field_declaration name: (_) @name) @definition.property))

(const_spec name: (_) @name) @definition.constant
(var_spec name: (_) @name) @definition.variable
(func_literal) @local

;; imports
(import_spec path: (_ (_) @module)) @import
((import_spec name: (package_identifier) @alias) @import (#set! name ""))
((import_spec name: (dot)) @import (#set! name "*"))

;; references
[(identifier) (package_identifier)] @name
(type_identifier) @type
(field_identifier) @attribute
(call_expression function: [(identifier) @call (selector_expression field: (_) @call)])

[(package_clause) (import_declaration)] @ignored
[
  (function_declaration name: (_) @defined)
  (method_declaration name: (_) @defined)
  (method_elem name: (_) @defined)
  (type_spec name: (_) @defined)
  (type_alias name: (_) @defined)
  (type_parameter_declaration name: (_) @defined)
  (field_declaration name: (_) @defined)
  (const_spec name: (_) @defined)
  (var_spec name: (_) @defined)
  (parameter_declaration name: (_) @defined)
  (variadic_parameter_declaration name: (_) @defined)
  (short_var_declaration left: (expression_list (identifier) @defined))
  (range_clause left: (expression_list (identifier) @defined) ":=")
  (receive_statement left: (expression_list (identifier) @defined) ":=")
  (type_switch_statement alias: (expression_list (identifier) @defined))
  (keyed_element key: (literal_element (identifier) @defined))
  (label_name) @defined
]

;; scopes
[
  (block)
  (function_declaration body: (_))
  (method_declaration body: (_))
  (func_literal)
  (field_declaration_list)
  (interface_type)
  (expression_switch_statement)
  (type_switch_statement)
  (select_statement)
] @scope
