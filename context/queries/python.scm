; Python. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(function_definition name: (identifier) @name body: (block) @body) @definition.function
(class_definition name: (identifier) @name body: (block) @body) @definition.class
(assignment left: (identifier) @name) @definition.variable
(assignment left: (pattern_list (identifier) @name)) @definition.variable
(type_alias_statement left: (type [(identifier) @name (generic_type . (identifier) @name)])) @definition.type

; A docstring is the first statement of a block and nothing but a string.
(block . (expression_statement . (string) @docstring .)) @documented

;; imports
(import_statement name: (dotted_name) @module @import)
((import_statement name: (aliased_import name: (_) @module alias: (_) @alias) @import) (#set! name ""))
(import_from_statement module_name: (_) @module) @import
(import_from_statement name: (dotted_name) @name) @import
(import_from_statement name: (aliased_import name: (_) @name alias: (_) @alias)) @import
((import_from_statement (wildcard_import)) @import (#set! name "*"))
(future_import_statement "__future__" @module name: (dotted_name) @name) @import

;; references
(identifier) @name
(attribute attribute: (identifier) @attribute)
(call function: [(identifier) @call (attribute attribute: (identifier) @call)])
(type [(identifier) @type (attribute attribute: (identifier) @type) (generic_type . (identifier) @type)])
(type (binary_operator (identifier) @type))
(class_definition superclasses: (argument_list (identifier) @type))
(except_clause value: [(identifier) @type (as_pattern . (identifier) @type)])

[(import_statement) (import_from_statement) (future_import_statement)] @ignored
[
  (type_alias_statement left: (type [(identifier) @defined (generic_type . (identifier) @defined)]))
  (function_definition name: (identifier) @defined)
  (class_definition name: (identifier) @defined)
  (assignment left: (identifier) @defined)
  (assignment left: (pattern_list (identifier) @defined))
  (assignment left: (tuple_pattern (identifier) @defined))
  (named_expression name: (identifier) @defined)
  (for_statement left: (identifier) @defined)
  (for_statement left: (pattern_list (identifier) @defined))
  (for_in_clause left: (identifier) @defined)
  (for_in_clause left: (pattern_list (identifier) @defined))
  (as_pattern_target (identifier) @defined)
  (parameters (identifier) @defined)
  (parameters (_ name: (identifier) @defined))
  (typed_parameter . (identifier) @defined)
  (list_splat_pattern (identifier) @defined)
  (dictionary_splat_pattern (identifier) @defined)
  (lambda_parameters (identifier) @defined)
  (lambda_parameters (_ name: (identifier) @defined))
  (keyword_argument name: (identifier) @defined)
  (type_parameter (type (identifier) @defined))
]

;; scopes
(function_definition) @scope.headed
(class_definition) @scope.headed
(block) @scope.indented
