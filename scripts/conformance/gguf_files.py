"""GGUF: types that are stored as they are, and blocks as the package itself quantises and dequantises them."""

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Q
from write import arrays, names, rng


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write(cases):
    values = arrays(["f64", "f32", "f16", "i8", "i16", "i32", "i64"], [(7,), (3, 5), (2, 3, 4), (2, 3, 3, 5)])
    path = cases.path("gguf", "plain.gguf")
    writer = gguf.GGUFWriter(path, "llama")
    for name, value in values.items():
        writer.add_tensor(name, value)
    finish(writer)
    cases.add("GGUF", "gguf", "stored types", path, values)

    path = cases.path("gguf", "blocks.gguf")
    writer = gguf.GGUFWriter(path, "llama")
    expected = {}
    weights = rng.normal(0, 0.1, (4, 512)).astype(np.float32)
    for kind in (Q.BF16, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.TQ1_0, Q.TQ2_0, Q.MXFP4):
        try:
            packed = gguf.quants.quantize(weights, kind)
        except NotImplementedError:
            continue
        writer.add_tensor(kind.name, packed, raw_dtype=kind)
        value = gguf.quants.dequantize(packed, kind)
        # 16 bits of a float stay 16 bits.
        expected[kind.name] = packed.view(np.uint16).view(names["bf16"]) if kind == Q.BF16 else value
    finish(writer)
    cases.add("GGUF", "gguf", "quantised blocks, dequantised", path, expected)
