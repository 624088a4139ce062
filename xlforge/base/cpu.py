"""The instruction sets that number crunching may use, so that every x86-64 machine with AVX2 computes the same bytes.

torch, oneDNN, MKL, OpenBLAS and numpy choose their kernels by what the processor offers, and AVX-512 kernels add in another order.
XLFORGE_CPU=native leaves the choice to them; whatever else the environment says of it is overruled.
"""

import os

PINNED = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}


def pin() -> None:
    """Call it before torch and numpy are imported, which read the environment once."""
    if os.environ.get("XLFORGE_CPU") != "native":
        os.environ.update(PINNED)
