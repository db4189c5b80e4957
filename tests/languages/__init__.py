"""Every known language, asked about a sample of it."""
