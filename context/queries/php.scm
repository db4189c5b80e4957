; PHP. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(namespace_definition name: (_) @name body: (_)? @body) @definition.module
(class_declaration name: (_) @name body: (_) @body) @definition.class
(trait_declaration name: (_) @name body: (_) @body) @definition.class
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(method_declaration name: (_) @name body: (_)? @body) @definition.method
(function_definition name: (_) @name body: (_) @body) @definition.function
(property_declaration (property_element name: (variable_name (name) @name))) @definition.property
(property_promotion_parameter name: (variable_name (name) @name)) @definition.property
(const_declaration (const_element . (name) @name)) @definition.constant
((expression_statement (function_call_expression
  function: (name) @_function
  arguments: (arguments . (argument (string (string_content) @name))))) @definition.constant
  (#eq? @_function "define"))

;; imports
(namespace_use_declaration (namespace_use_clause . (name) @name alias: (name)? @alias) @import)
(namespace_use_declaration
  (namespace_use_clause (qualified_name (namespace_name) @module (name) @name) alias: (name)? @alias) @import)
(namespace_use_declaration (namespace_name) @module
  (namespace_use_group (namespace_use_clause . [(name) (qualified_name)] @name alias: (name)? @alias))) @import
[
  (require_expression [
    (parenthesized_expression (_) @module)
    [(string) (encapsed_string) (binary_expression)] @module
  ])
  (require_once_expression [
    (parenthesized_expression (_) @module)
    [(string) (encapsed_string) (binary_expression)] @module
  ])
  (include_expression [
    (parenthesized_expression (_) @module)
    [(string) (encapsed_string) (binary_expression)] @module
  ])
  (include_once_expression [
    (parenthesized_expression (_) @module)
    [(string) (encapsed_string) (binary_expression)] @module
  ])
] @import

;; references
(variable_name (name) @name)
(named_type [(name) @type (qualified_name (name) @type)])
(base_clause [(name) @type (qualified_name (name) @type)])
(class_interface_clause [(name) @type (qualified_name (name) @type)])
(use_declaration [(name) @type (qualified_name (name) @type)])
(attribute . (name) @type)
(scoped_call_expression scope: (name) @type name: (name) @call)
(scoped_call_expression name: (name) @call)
(class_constant_access_expression . (name) @type (name) @attribute)
(class_constant_access_expression (_) (name) @attribute)
(scoped_property_access_expression scope: (name) @type)
(object_creation_expression . [(name) @call (qualified_name (name) @call)])
(function_call_expression function: [(name) @call (qualified_name (name) @call)])
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(member_access_expression name: (name) @attribute)
(nullsafe_member_access_expression name: (name) @attribute)

(namespace_use_declaration) @ignored
[
  (simple_parameter name: (variable_name (name) @defined))
  (variadic_parameter name: (variable_name (name) @defined))
  (property_promotion_parameter name: (variable_name (name) @defined))
  (property_element name: (variable_name (name) @defined))
  (assignment_expression left: (variable_name (name) @defined))
  (foreach_statement "as" [(variable_name (name) @defined) (pair (variable_name (name) @defined))])
  (catch_clause name: (variable_name (name) @defined))
]

;; scopes
[
  (compound_statement)
  (declaration_list)
  (enum_declaration_list)
  (match_block)
  (switch_block)
  (namespace_definition body: (_))
  (class_declaration)
  (trait_declaration)
  (interface_declaration)
  (enum_declaration)
  (function_definition)
  (method_declaration body: (_))
  (anonymous_function)
] @scope
