"""Loops are found in every script, and texts that name their subject often are none."""

from __future__ import annotations

import pytest

from xlforge.checks.added.loops import loops


@pytest.mark.parametrize(
    "text",
    [
        "The mill is old. " * 8,
        "The mill is old" + ", and old" * 30,
        "磨坊很旧，轮子还在转。" * 8,
        "โรงสีเก่ามากและล้อยังหมุนอยู่" * 6,
        "पुरानी चक्की अब भी चलती है। " * 8,
        "方" * 60 + "abc" * 20,
        "Die Mühle steht am Fluss. Ihr Rad dreht sich. " * 5,
    ],
)
def test_a_loop_is_found(text: str) -> None:
    assert loops(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "----------------------------------------------------------------",
        "No, no, no!",
        "The mill is old. The wheel of the mill turns when the water is high. The owner of the mill sells flour; children watch it.",
        "老磨坊在河边，一九六二年关闭了。水位高的时候，轮子还会转动，孩子们喜欢在旁边看。冬天去看磨坊，请穿暖和一点。",
        "โรงสีเก่าริมแม่น้ำปิดเมื่อปี 2505 ล้อยังหมุนเมื่อน้ำขึ้นสูง และเด็ก ๆ ชอบไปดู",
    ],
)
def test_an_ordinary_text_is_no_loop(text: str) -> None:
    assert not loops(text)
