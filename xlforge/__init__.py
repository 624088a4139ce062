"""The machinery that the pipelines and stages of xlforge share."""
