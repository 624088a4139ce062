"""What `xlforge diff` compares: rows by id, words of changed texts, reasons, metrics with their intervals; nothing is checked out."""
