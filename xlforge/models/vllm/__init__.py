"""vLLM's servers, where the build starts them itself: one for each model, kept warm between stages, ended when nobody asks.

`plan` says what a server is and when two are the same; `place` is one of them as `.xlforge/engines` knows it; `watch` is the process that
owns it; `lease` gets one ready and holds it while it is asked; `engine` asks it.
"""
