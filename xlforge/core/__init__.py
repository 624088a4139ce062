"""What decides the data: a change here may change a build, so every stage depends on this folder."""
