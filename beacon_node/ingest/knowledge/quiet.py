"""Keeps htslib from writing to standard error what is raised as an error anyway."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import cyvcf2

_SILENT = 0  # HTS_LOG_OFF


@contextmanager
def quiet_htslib() -> Iterator[None]:
    """Silence the htslib inside cyvcf2, which offers no way of its own; the level is put back."""
    htslib = ctypes.CDLL(cyvcf2.cyvcf2.__file__)
    before = htslib.hts_get_log_level()
    htslib.hts_set_log_level(_SILENT)
    try:
        yield
    finally:
        htslib.hts_set_log_level(before)
