"""vLLM's servers, which a build starts where no endpoint answers: one a model, kept between stages, ended when they are idle.

`server_spec` describes a server, `server_files` is its state in `.xlforge/engines`, `supervisor` is the process that owns it, `servers`
gets one ready and holds it while it is used, and `engine` sends it requests.
"""
