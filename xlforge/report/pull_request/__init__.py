"""The comment on a pull request, as Markdown, and its plots, as files. `.github/workflows` posts it; nothing here needs a secret."""
