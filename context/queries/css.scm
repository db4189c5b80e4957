; CSS. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(rule_set (selectors) @name (block) @body) @definition.rule
(keyframes_statement (keyframes_name) @name (keyframe_block_list) @body) @definition.rule
(media_statement "@media" @name . (_) @name (block) @body) @definition.rule
(supports_statement "@supports" @name . (_) @name (block) @body) @definition.rule
(at_rule (at_keyword) @name (block)? @body) @definition.rule
((declaration (property_name) @name) @definition.variable (#match? @name "^--"))

;; imports
(import_statement [
  (string_value (string_content) @module)
  (call_expression (arguments [(string_value (string_content) @module) (plain_value) @module]))
]) @import

;; references
((plain_value) @name (#match? @name "^--"))
(function_name) @call
(import_statement) @ignored

;; scopes
[
  (block)
  (keyframe_block_list)
  (rule_set)
  (media_statement)
  (supports_statement)
  (keyframes_statement)
] @scope
