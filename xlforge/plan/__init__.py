"""What a build would do: which stages run and why, and what they would cost."""
