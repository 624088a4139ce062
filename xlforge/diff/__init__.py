"""What `xlforge diff` compares: rows by id, changed texts word by word, reasons, metrics with their intervals; nothing is checked out."""
