/** First byte that the host may lay its arrays out from; the module itself allocates nothing. */
export function heapBase(): usize {
  return (__heap_base + 63) & ~63;
}
