; What a Python file defines. Captures: @definition.KIND is the whole, @name its name, @body its block.
(function_definition name: (identifier) @name body: (block) @body) @definition.function
(class_definition name: (identifier) @name body: (block) @body) @definition.class

; A docstring is the first statement of a block and nothing but a string.
(block . (expression_statement . (string) @docstring .)) @documented
