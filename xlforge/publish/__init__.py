"""What `xlforge publish` does: reads a build, refuses what must not leave, writes the card, and sends one commit to the Hub."""
