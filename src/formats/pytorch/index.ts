import type { Format } from '../../core/format';
import type { ShardFormat } from '../shards';
import { torchPrefix } from './archive';
import { isLegacy } from './legacy';
import { openLegacyTorch, openTorch } from './openTorch';

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

/** What torch.save wrote before PyTorch 1.6, and writes still with `_use_new_zipfile_serialization=False`. */
export const pytorchLegacy: Format = {
  id: 'pytorch-legacy',
  title: 'PyTorch before 1.6',
  matches: ({ head }) => isLegacy(head),
  open: (files) => openLegacyTorch(files.main),
};

export const pytorchLegacyShard: ShardFormat = { ...pytorchLegacy, openShard: openLegacyTorch };
