"""Names of params.yaml and of the environment that were changed: an old one is an error that gives the new one."""

PARAMS = {
    "gates.least": "gates.min",
    "gates.most": "gates.max",
    "gates.drop": "gates.max_drop",
    "execution.store": "execution.cache",
    "seeds.english": "seeds.min_english",
    "seeds.boilerplate": "seeds.max_boilerplate",
    "seeds.overlap.share": "seeds.overlap.threshold",
    "execution.failures": "execution.max_failures",
    "execution.retries": "execution.max_retries",
    "execution.batch": "execution.batch_size",
    "execution.ray.stages": "execution.ray.roles",
    "student.rank": "student.r",
    "student.alpha": "student.lora_alpha",
    "student.dropout": "student.lora_dropout",
    "student.targets": "student.target_modules",
    "student.schedule": "student.lr_scheduler_type",
    "student.warmup": "student.warmup_ratio",
    "student.clip": "student.max_grad_norm",
    "student.epochs": "student.num_train_epochs",
    "student.batch": "student.train_batch_size",
    "student.accumulation": "student.gradient_accumulation_steps",
    "student.length": "student.max_length",
    "student.precision": "student.dtype",
    "student.quantised": "student.load_in_4bit",
    "student.recompute": "student.gradient_checkpointing",
    "scores.bar": "scores.threshold",
    "scores.threshold.least": "scores.threshold.min_grade",
    "scores.threshold.mean": "scores.threshold.min_mean",
    "selection.least_language": "selection.min_language_share",
    "selection.least_quality": "selection.min_quality",
    "selection.bars": "selection.thresholds",
    "selection.thresholds.foreign": "selection.thresholds.other_script_letters",
    "selection.thresholds.repeated": "selection.thresholds.repeated_share",
    "selection.thresholds.shortest": "selection.thresholds.min_length",
    "selection.thresholds.longest": "selection.thresholds.max_length",
    "selection.thresholds.dropped": "selection.thresholds.max_dropped_evidence",
    "selection.thresholds.names": "selection.thresholds.min_names_chance",
}
"""Old dotted key → new one; `rejects` of any block is now `max_reject_rate`.
A student's own keys (`students.NAME.…`) are looked up as `student.…`, a gate's as `gates.…`."""


def _variable(key: str) -> str:
    return f"XLFORGE_{key.removeprefix('execution.').replace('.', '_').upper()}"


ENVIRONMENT = {_variable(old): _variable(new) for old, new in PARAMS.items() if old.startswith("execution.")}
"""Old variable → new one."""


def new_name(key: str) -> str | None:
    """The new name of a dotted key of params.yaml, if it was renamed."""
    block, *rest = key.split(".")
    if block in ("students", "gates") and len(rest) == 2:
        block, rest = ("student" if block == "students" else block), rest[1:]
    new = f"{block}.max_reject_rate" if rest == ["rejects"] else PARAMS.get(".".join([block, *rest]))
    return new and f"{key.rsplit('.', len(rest))[0]}.{new.split('.', 1)[1]}"
