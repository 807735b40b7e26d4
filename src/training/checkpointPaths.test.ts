import { describe, expect, it } from 'vitest';

import { loadPythonParser } from '../../test/training/parsers';
import { checkpointPaths } from './checkpointPaths';

const parser = await loadPythonParser();
const head = `import os
import torch
from pathlib import Path
from safetensors.torch import save_file
`;

describe('checkpoint paths', () => {
  it.each<[code: string, patterns: readonly string[]]>([
    ['torch.save(model.state_dict(), "model.pt")', ['model.pt']],
    ['torch.save(obj=model, f="./out/model.pth")', ['out/model.pth']],
    ['save_file(model.state_dict(), "model.safetensors")', ['model.safetensors']],
    ['torch.save(x, f"runs/epoch_{epoch}.pt")', ['runs/epoch_*.pt']],
    ['torch.save(x, f"runs/epoch_{epoch:03d}.pt")', ['runs/epoch_*.pt']],
    ['name = "digits"\ntorch.save(x, f"{name}-{step}.pt")', ['digits-*.pt']],
    ['OUT = Path("out")\ntorch.save(x, OUT / "best.pt")', ['out/best.pt']],
    ['torch.save(x, os.path.join("a", "b", name + ".pt"))', ['a/b/*.pt']],
    ['torch.save(x, str(Path("a", "b").joinpath("c.pt")))', ['a/b/c.pt']],
    ['torch.save(x, "ep%03d.pt" % epoch)', ['ep*.pt']],
    ['torch.save(x, "ep{:03d}_{name}.pt".format(epoch))', ['ep*_*.pt']],
    ['torch.save(x, "a" "b.pt")', ['ab.pt']],
    ['def save(path="last.pt"):\n    torch.save(x, path)', []],
    [
      'parser.add_argument("-o", "--save-to", default="m.pt")\ntorch.save(x, args.save_to)',
      ['m.pt'],
    ],
    ['model.save_pretrained("out")', ['out/*.safetensors', 'out/*.bin']],
    ['model.save("digits.keras")', ['digits.keras']],
    ['figure.save("plot.png")', []],
    [
      'from lightning.pytorch.callbacks import ModelCheckpoint\nModelCheckpoint(dirpath="ckpt", filename="best-{epoch:02d}")',
      ['ckpt/best-*.ckpt'],
    ],
    ['torch.save(x, path)', []],
    ['torch.save(x, f"{path}.pt")', []],
    ['torch.save(x, buffer)', []],
    ['torch.save(x, "a[0]{b}.pt")', ['a*0*b*.pt']],
    ['"torch.save(x, \'no.pt\')"  # torch.save(x, "no.pt")', []],
    ['torch.save(x, "half', []],
  ])('%s', (code, patterns) => {
    const found = checkpointPaths(parser.parse(head + code));
    expect(found.map(({ pattern }) => pattern)).toEqual(patterns);
    expect(found.every(({ pattern, isGlob }) => isGlob === pattern.includes('*'))).toBe(true);
  });
});
