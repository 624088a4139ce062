"""The pocket world: invented facts in four languages, and the small models that ship because of it.

A grammar (`words`, `kinds`, `grammar`) draws facts about an invented subject and says them in English, German, Hungarian
and Irish, sentence by sentence, so that every answer has a known right translation and every passage a known right answer.
`web` buries the English facts in the leftovers of a crawl. From these, `seeds` writes the shipped passages and evaluation
prompts, `jobs` the training examples (through the project's own prompt files), `train` the models, `card` their measured
card. Names are invented, and which may be trained on is a rule of `names`: those of seeds and prompts never are.

    python -m pocket.seeds     data/seeds, data/prompts
    python -m pocket.train     models/pocket/teacher, judge, student
    python -m pocket.card      models/pocket/README.md

Nothing in the project imports this package: a build sees its files as it would see anyone's.
"""
