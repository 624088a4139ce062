"""The comment on a pull request: what it says (sections, plots), made where no secret is; and how it is posted, where one is."""
