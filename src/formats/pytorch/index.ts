import type { Format } from '../../core/format';
import type { ShardFormat } from '../shards';
import { torchPrefix } from './archive';
import { openTorch } from './openTorch';

export { stableBaselines } from './stableBaselines';

/** What torch.save and torch.jit.save write since PyTorch 1.6: `.pt`, `.pth`, `.bin`, `.ckpt`, `.tar`. */
export const pytorchZip: Format = {
  id: 'pytorch-zip',
  title: 'PyTorch zip',
  matches: async (probe) => {
    const listing = await probe.zip();
    return listing !== undefined && torchPrefix(listing) !== undefined;
  },
  open: (files) => openTorch(files.main),
};

export const pytorchShard: ShardFormat = { ...pytorchZip, openShard: openTorch };
