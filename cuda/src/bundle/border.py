"""The border of the CUDA backend (device_border.h) for Python, by ctypes alone."""

import ctypes
import math
from ctypes import c_double, c_int32, c_int64

ABI = 2
PENALTIES = {"squared": 0, "absolute": 1, "charbonnier": 2, "huber": 3}
MAPPINGS = ["FOUR_COLUMNS", "WHOLE_BLOCK", "ONE_COLUMN", "ANY_BLOCK"]


class View(ctypes.Structure):
    _fields_ = [(name, c_int64) for name in ("address", "stride_n", "stride_c", "stride_h", "stride_w")]


class Job(ctypes.Structure):
    _fields_ = (
        [(name, c_int32) for name in (
            "abi", "n", "c", "h", "w", "block", "planes", "tables", "penalty", "coefficients", "edge", "rows",
            "columns", "start_y", "start_x", "input", "output", "flags")]
        + [(name, c_double) for name in ("parameter", "scale", "loss_scale", "sample_scale")]
        + [("color", c_double * 9)]
        + [(name, c_int64) for name in (
            "constants", "workspace", "upstream", "sample_factors", "loss", "per_sample", "map", "spectrum")]
        + [(name, View) for name in ("prediction", "target", "gradient", "target_gradient")]
    )


def falling_weights():
    """They fall with frequency, as those of JPEG do. Row = vertical frequency."""
    return [[1 / (1 + 0.1 * (u + v)) for v in range(8)] for u in range(8)]


def cosines():
    """C[k][n] = sqrt((k=0 ? 1 : 2)/8) cos(pi (2n+1) k / 16)."""
    return [[math.sqrt((1 if k == 0 else 2) / 8) * math.cos(math.pi * (2 * n + 1) * k / 16) for n in range(8)]
            for k in range(8)]


class Border:
    """The library, checked to be of the version that this file describes."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        for name in ("abi", "constants_bytes", "workspace_bytes"):
            self.function(name).restype = c_int64
        self.function("error_text").restype = ctypes.c_char_p
        self.function("loss").argtypes = [ctypes.POINTER(Job), c_int32, c_int64]
        self.function("copy").argtypes = [c_int64, c_int64, c_int64, c_int32]
        self.function("allocate").argtypes = [c_int32, c_int64, ctypes.POINTER(c_int64)]
        expected = ABI | ctypes.sizeof(Job) << 32
        if self.function("abi")() != expected:
            raise RuntimeError(f"{path}: abi is {self.function('abi')():#x}, border.py was written for {expected:#x}")

    def function(self, name):
        return getattr(self.library, "dctloss_" + name)

    def must(self, name, *arguments):
        code = self.function(name)(*arguments)
        if code != 0:
            raise RuntimeError(f"{name}: {code} ({self.function('error_text')(code).decode() if code > 0 else 'refused'})")

    def job(self, shape, penalty, parameter):
        """A float32 mean of whole 8x8 blocks, without addresses."""
        n, c, h, w = shape
        if h % 8 or w % 8:
            raise ValueError(f"shape: got {shape}, height and width must be multiples of 8")
        pixels = n * c * h * w
        job = Job(abi=ABI, n=n, c=c, h=h, w=w, block=8, planes=1, tables=1, penalty=PENALTIES[penalty],
                  rows=h // 8, columns=w // 8, parameter=parameter, scale=1 / pixels, loss_scale=1 / pixels,
                  sample_scale=1)
        for i in range(9):
            job.color[i] = 1 if i % 4 == 0 else 0
        return job

    def constants(self, job):
        """What belongs into job.constants, as bytes."""
        folded = ctypes.create_string_buffer(self.function("constants_bytes")(ctypes.byref(job)))
        weights = (c_double * 64)(*[w for row in falling_weights() for w in row])
        self.must("fold_weights", ctypes.byref(job), weights, folded)
        return folded.raw

    def workspace_bytes(self, job):
        return self.function("workspace_bytes")(ctypes.byref(job))

    def mapping(self, job):
        return MAPPINGS[self.function("mapping")(ctypes.byref(job))]

    def loss(self, job, device, stream):
        self.must("loss", ctypes.byref(job), device, stream)


def view(shape, address):
    n, c, h, w = shape
    return View(address, c * h * w, h * w, w, 1)
