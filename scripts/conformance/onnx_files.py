"""ONNX: initializers of every type that the package itself writes; weights in a file of their own."""

import onnx
from onnx import TensorProto, helper, numpy_helper
from write import arrays, names


def write(cases):
    values = arrays(names)
    tensors = [numpy_helper.from_array(value, name) for name, value in values.items()]
    info = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", info[:1], info[1:], initializer=tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path = cases.path("onnx", "raw.onnx")
    onnx.save(model, path)
    cases.add("ONNX", "onnx", "raw bytes", path, values)
    path = cases.path("onnx", "external.onnx")
    onnx.save(model, path, save_as_external_data=True, location="external.data", size_threshold=0)
    cases.add("ONNX", "onnx", "external file", path, values)
