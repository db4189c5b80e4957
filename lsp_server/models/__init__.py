"""Everything about models: what is asked, of whom, and how it travels."""
