"""Writes nonsymmetricGoldens.json: numpy.linalg.eigvals (LAPACK dgeev) of the matrices of nonsymmetricMatrices.ts.

Those with imaginary part >= 0, to 13 digits. numpy 2.x; run: python nonsymmetricGoldens.py
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


def matrix(kind, n):
    x = random_numbers(n * n, n).reshape(n, n)
    r, c = np.indices((n, n))
    if kind == "random":
        return x
    if kind == "orthogonal":
        q = np.cos(np.pi * (2 * c + 1) * r / (2 * n)) * np.sqrt(2 / n)
        q[0] /= np.sqrt(2)
        return q
    if kind == "cyclic":
        return (c == (r + 1) % n) * 1.0
    if kind == "jordan":
        return 2.0 * (r == c) + (c == r + 1)
    if kind == "nilpotent":
        return (r == c + 1) * 1.0
    if kind == "companion":
        return np.where(r == 0, x, 0) + (r == c + 1)
    if kind == "graded":
        return x * 10.0 ** -((r + c) / 4)
    if kind == "scaled":
        return x * 10.0 ** (3 * (r % 5) - 3 * (c % 5))
    if kind == "triangular":
        return np.where(c >= r, x, 0)
    if kind == "symmetric":
        return x + x.T
    if kind == "huge":
        return x * 1e200
    if kind == "zeros":
        return 0 * x
    raise ValueError(kind)


cases = [("random", n) for n in (1, 2, 3, 5, 17, 64, 150, 400)]
cases += [("orthogonal", 60), ("cyclic", 48), ("jordan", 20), ("nilpotent", 20), ("companion", 30), ("graded", 40)]
cases += [("scaled", 50), ("triangular", 30), ("symmetric", 45), ("huge", 12), ("zeros", 7)]


def golden(kind, n):
    upper = [v for v in np.linalg.eigvals(matrix(kind, n)) if v.imag >= 0]
    digits = lambda part: [float(f"{x:.13g}") for x in part]
    return {"kind": kind, "n": n, "real": digits(v.real for v in upper), "imaginary": digits(v.imag for v in upper)}


path = pathlib.Path(__file__).with_name("nonsymmetricGoldens.json")
path.write_text("[\n" + ",\n".join(json.dumps(golden(*case)) for case in cases) + "\n]\n")
