; Rust. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
; A function of an impl or a trait is a method.
(impl_item body: (_ (function_item name: (_) @name body: (_) @body) @definition.method))
(trait_item body: (_ (function_item name: (_) @name body: (_) @body) @definition.method))
(trait_item body: (_ (function_signature_item name: (_) @name) @definition.method))
(function_item name: (_) @name body: (_) @body) @definition.function
(function_signature_item name: (_) @name) @definition.function
(struct_item name: (_) @name body: (_)? @body) @definition.struct
(union_item name: (_) @name body: (_) @body) @definition.struct
(enum_item name: (_) @name body: (_) @body) @definition.enum
(trait_item name: (_) @name body: (_) @body) @definition.interface
(mod_item name: (_) @name body: (_)? @body) @definition.module
(macro_definition name: (_) @name) @definition.macro
(type_item name: (_) @name) @definition.type
(associated_type name: (_) @name) @definition.type
(const_item name: (_) @name) @definition.constant
(static_item name: (_) @name) @definition.variable
(struct_item body: (_ (field_declaration name: (_) @name) @definition.property))
(union_item body: (_ (field_declaration name: (_) @name) @definition.property))

(impl_item type: [
  (type_identifier) @name
  (generic_type type: (type_identifier) @name)
  (scoped_type_identifier name: (_) @name)
  (generic_type type: (scoped_type_identifier name: (_) @name))
  (reference_type type: (type_identifier) @name)
]) @container

;; imports
(use_declaration argument: (identifier) @name) @import
(use_declaration argument: (scoped_identifier path: (_) @module name: (_) @name)) @import
((use_declaration argument: (use_wildcard (_) @module)) @import (#set! name "*"))
(use_declaration argument: (use_as_clause path: (identifier) @name alias: (_) @alias)) @import
(use_declaration argument: (use_as_clause
  path: (scoped_identifier path: (_) @module name: (_) @name) alias: (_) @alias)) @import

; Lists, which may hold lists. `self` in one is the module itself.
(use_declaration argument: (scoped_use_list path: (_) @module)) @import
(use_declaration argument: (scoped_use_list list: (use_list (identifier) @name))) @import
((use_declaration argument: (scoped_use_list path: (_ name: (_) @alias) list: (use_list (self)))) @import (#set! name ""))
(use_declaration argument: (scoped_use_list
  list: (use_list (use_as_clause path: (identifier) @name alias: (_) @alias)))) @import
((use_declaration argument: (scoped_use_list
  list: (use_list (use_as_clause path: (self) alias: (_) @alias)))) @import (#set! name ""))
((use_declaration argument: (scoped_use_list list: (use_list (use_wildcard . "*")))) @import (#set! name "*"))
((use_list (scoped_use_list path: (_) @module) @import) (#set! joined "::"))
(use_list (scoped_use_list list: (use_list (identifier) @name)) @import)
(use_list (scoped_use_list list: (use_list (use_as_clause path: (identifier) @name alias: (_) @alias))) @import)
((use_list (scoped_use_list path: (identifier) @alias list: (use_list (self))) @import) (#set! name ""))
((use_list (scoped_identifier path: (_) @module name: (_) @name) @import) (#set! joined "::"))
((use_list (use_as_clause
  path: (scoped_identifier path: (_) @module name: (_) @name) alias: (_) @alias) @import) (#set! joined "::"))
((use_list (use_wildcard (_) @module) @import) (#set! joined "::") (#set! name "*"))
(extern_crate_declaration name: (_) @name alias: (_)? @alias) @import

;; references
(identifier) @name
(type_identifier) @type
(field_identifier) @attribute
(scoped_identifier name: (identifier) @attribute)
(call_expression function: [
  (identifier) @call
  (field_expression field: (_) @call)
  (scoped_identifier name: (_) @call)
  (generic_function function: [(identifier) @call (field_expression field: (_) @call) (scoped_identifier name: (_) @call)])
])
(macro_invocation macro: [(identifier) @call (scoped_identifier name: (_) @call)])

[(use_declaration) (extern_crate_declaration)] @ignored
[
  (function_item name: (_) @defined)
  (function_signature_item name: (_) @defined)
  (struct_item name: (_) @defined)
  (union_item name: (_) @defined)
  (enum_item name: (_) @defined)
  (enum_variant name: (_) @defined)
  (trait_item name: (_) @defined)
  (mod_item name: (_) @defined)
  (macro_definition name: (_) @defined)
  (type_item name: (_) @defined)
  (associated_type name: (_) @defined)
  (const_item name: (_) @defined)
  (static_item name: (_) @defined)
  (field_declaration name: (_) @defined)
  (field_initializer field: (_) @defined)
  (type_parameter name: (_) @defined)
  (parameter pattern: (identifier) @defined)
  (closure_parameters (identifier) @defined)
  (let_declaration pattern: (identifier) @defined)
  (let_condition pattern: (identifier) @defined)
  (for_expression pattern: (identifier) @defined)
  (tuple_pattern (identifier) @defined)
  (tuple_struct_pattern "(" (identifier) @defined)
  (mut_pattern (identifier) @defined)
  (captured_pattern . (identifier) @defined)
  (field_pattern pattern: (identifier) @defined)
  (lifetime (identifier) @defined)
  (attribute (identifier) @defined)
]

;; scopes
[
  (block)
  (declaration_list)
  (field_declaration_list)
  (enum_variant_list)
  (match_block)
  (function_item)
  (struct_item body: (field_declaration_list))
  (enum_item)
  (trait_item)
  (impl_item body: (_))
  (mod_item body: (_))
  (macro_definition)
] @scope
