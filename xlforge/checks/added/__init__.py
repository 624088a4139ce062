"""What a model added to a text that it should have written alone: wrappers, remarks, parts of the prompt, tokens, control characters."""
