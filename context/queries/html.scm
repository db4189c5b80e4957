; HTML. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
; An element is named by its id, a heading by its text.
((element (start_tag (attribute (attribute_name) @_attribute [
  (quoted_attribute_value (attribute_value) @name)
  (attribute_value) @name
])) @header) @definition.element (#eq? @_attribute "id"))
((element (self_closing_tag (attribute (attribute_name) @_attribute [
  (quoted_attribute_value (attribute_value) @name)
  (attribute_value) @name
])) @header) @definition.element (#eq? @_attribute "id"))
((element (start_tag (tag_name) @_tag) . (text) @name) @definition.heading (#match? @_tag "^[hH][1-6]$"))

;; imports
((script_element (start_tag (attribute (attribute_name) @_attribute [
  (quoted_attribute_value (attribute_value) @module)
  (attribute_value) @module
]))) @import (#eq? @_attribute "src"))
((element (start_tag (tag_name) @_tag (attribute (attribute_name) @_attribute [
  (quoted_attribute_value (attribute_value) @module)
  (attribute_value) @module
]))) @import (#eq? @_tag "link") (#eq? @_attribute "href"))

;; scopes
[
  (element (end_tag))
  (script_element (end_tag))
  (style_element (end_tag))
] @scope
