"""`xlforge publish`: reads a build, refuses what must not be published, writes the card, and sends one commit to the Hub."""
