"""What runs a build and never decides its data: transport, store, progress, processes. No stage depends on it."""
