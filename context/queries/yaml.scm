; YAML. What the captures mean stands in context/symbols.py, imports.py, references.py and scopes.py.

;; definitions
(document (block_node (block_mapping (block_mapping_pair key: (_) @name value: (_)? @body) @definition.key)))

;; references
(alias_name) @name

;; scopes
[(block_mapping_pair value: (block_node)) (block_sequence_item)] @scope.headed
[(flow_mapping) (flow_sequence)] @scope
