; TSX: TypeScript and what JSX adds.

;; references
(jsx_closing_element) @ignored
