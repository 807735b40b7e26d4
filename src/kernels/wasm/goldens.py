"""Writes goldens.json: singular values by NumPy's SVD (LAPACK gesdd, double precision) of the matrices of testMatrices.ts.

numpy 2.x; run: python goldens.py
"""

import json
import pathlib

import numpy as np


def random_numbers(count, seed):
    values = np.empty(count)
    state = seed
    for i in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        values[i] = state / 2**31 - 1
    return values


def matrix(kind, rows, columns):
    x = random_numbers(rows * columns, rows + 3 * columns).reshape(rows, columns)
    r, c = np.indices((rows, columns))
    if kind == "random":
        return x
    if kind == "deficient":
        return ((r % 3) + 1.0) * ((c % 5) - 2) + (r % 2) * (c % 3)
    if kind == "graded":
        return x * 10.0 ** -(r % 13)
    if kind == "clustered":
        return (r == c) + 1e-10 * x
    if kind == "constant":
        return np.full((rows, columns), 0.25)
    if kind == "zeros":
        return np.zeros((rows, columns))
    if kind == "orthogonal":
        return np.where(np.bitwise_count(r & c) % 2 == 1, -1.0, 1.0) / 16
    raise ValueError(kind)


cases = [
    ("random", 7, 5),
    ("random", 48, 49),
    ("random", 130, 97),
    ("random", 257, 300),
    ("random", 520, 515),
    ("deficient", 60, 75),
    ("graded", 90, 200),
    ("clustered", 73, 73),
    ("random", 1, 1),
    ("random", 1, 9),
    ("random", 1024, 1100),
    ("constant", 48, 49),
    ("zeros", 25, 30),
    ("orthogonal", 256, 256),
]


def golden(kind, rows, columns):
    values = np.linalg.svd(matrix(kind, rows, columns), compute_uv=False)
    at = sorted(set(np.linspace(0, len(values) - 1, 10).astype(int).tolist()))
    return {
        "kind": kind,
        "rows": rows,
        "columns": columns,
        "at": at,
        "values": [float(values[i]) for i in at],
        "squareSum": float(np.sum(values**2)),
    }


path = pathlib.Path(__file__).with_name("goldens.json")
path.write_text(json.dumps([golden(*case) for case in cases], indent=1) + "\n")
