import type { Libraries } from '../../flax/names';

/** Mixes a batch; NumPy, on the host. `np` is how the file writes it. */
export const mixupCode = (text: Libraries['text']): string => {
  const np = text('numpy');
  return `def mixup(rng, x, y, num_classes, alpha=0.2):
    """Mix every sample with a random partner; returns inputs and one-hot targets (NumPy, per batch)."""
    x = ${np}.asarray(x, ${np}.result_type(x, ${np}.float32))
    y = ${np}.eye(num_classes, dtype=x.dtype)[${np}.asarray(y)]
    lam = rng.beta(alpha, alpha, len(x)).astype(x.dtype)
    perm = rng.permutation(len(x))
    lx, ly = lam.reshape((-1,) + (1,) * (x.ndim - 1)), lam[:, None]
    return lx * x + (1 - lx) * x[perm], ly * y + (1 - ly) * y[perm]`;
};

export const cutoutCode = (text: Libraries['text']): string => {
  const np = text('numpy');
  return `def cutout(rng, images, size):
    """Zero one size x size square per image of a (n, h, w, c) NumPy batch; squares may overlap the border."""
    n, h, w, _ = images.shape
    y = ${np}.arange(h)[None, :, None] - rng.integers(h, size=(n, 1, 1)) + size // 2
    x = ${np}.arange(w)[None, None, :] - rng.integers(w, size=(n, 1, 1)) + size // 2
    hole = (y >= 0) & (y < size) & (x >= 0) & (x < size)
    return ${np}.where(hole[..., None], ${np}.zeros((), images.dtype), images)`;
};

export const shiftCode = (text: Libraries['text']): string => {
  const np = text('numpy');
  return `def random_shift(rng, images, max_shift):
    """Shift every image of a (n, h, w, c) batch by up to max_shift pixels (zero padding)."""
    m = max_shift
    padded = ${np}.pad(images, ((0, 0), (m, m), (m, m), (0, 0)))
    h, w = images.shape[1:3]
    out = ${np}.empty(images.shape, images.dtype)
    for i, (dy, dx) in enumerate(rng.integers(0, 2 * m + 1, size=(len(images), 2))):
        out[i] = padded[i, dy : dy + h, dx : dx + w]
    return out`;
};
