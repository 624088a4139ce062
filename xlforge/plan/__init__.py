"""What a build would do, before it does it: which stages run and why, and what they would buy."""
