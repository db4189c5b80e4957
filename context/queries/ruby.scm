; Ruby. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(module name: [(constant) @name (scope_resolution scope: (_) @owner name: (_) @name)] body: (_)? @body) @definition.module
(class name: [(constant) @name (scope_resolution scope: (_) @owner name: (_) @name)] body: (_)? @body) @definition.class
(singleton_method name: (_) @name body: (_)? @body) @definition.method
(method name: (_) @name body: (_)? @body) @definition.method
(assignment left: (constant) @name) @definition.constant
(assignment left: (identifier) @name) @definition.variable
[(block) (do_block) (lambda)] @local

;; imports
((call !receiver method: (identifier) @_method arguments: (argument_list . (string (string_content) @module) .)) @import
  (#any-of? @_method "require" "load"))
((call !receiver method: (identifier) @_method arguments: (argument_list . (string (string_content) @module) .)) @import
  (#eq? @_method "require_relative") (#set! prefix "./"))

;; references
[(identifier) (instance_variable) (class_variable) (global_variable)] @name
(constant) @type
(call method: (_) @call)
(scope_resolution scope: (_) name: (_) @type)

[
  (module name: (constant) @defined)
  (class name: (constant) @defined)
  (method name: (_) @defined)
  (singleton_method name: (_) @defined)
  (assignment left: [(identifier) (constant) (instance_variable) (class_variable) (global_variable)] @defined)
  (left_assignment_list [(identifier) (instance_variable)] @defined)
  (method_parameters (identifier) @defined)
  (block_parameters (identifier) @defined)
  (lambda_parameters (identifier) @defined)
  (keyword_parameter name: (_) @defined)
  (optional_parameter name: (_) @defined)
  (splat_parameter name: (_) @defined)
  (hash_splat_parameter name: (_) @defined)
  (block_parameter name: (_) @defined)
  (exception_variable (identifier) @defined)
  (for pattern: (identifier) @defined)
]

;; scopes
[
  (module)
  (class)
  (singleton_class)
  (method "end")
  (singleton_method "end")
  (do_block)
  (block)
  (begin)
  (if)
  (unless)
  (while)
  (until)
  (for)
  (case)
  (case_match)
] @scope
