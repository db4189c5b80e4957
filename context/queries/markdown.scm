; Markdown. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(section . (atx_heading heading_content: (_) @name) @header) @definition.heading
(setext_heading heading_content: (paragraph (inline) @name)) @definition.heading

;; scopes
(section) @scope.section
(fenced_code_block (fenced_code_block_delimiter) (fenced_code_block_delimiter)) @scope
