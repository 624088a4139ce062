"""What decides an adapter: the rows that a student is trained on, their token counts and their order, and the training itself."""
