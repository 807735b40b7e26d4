/** a·b + c in both lanes: fused where the build has relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** The same in all lanes of the type. */
// @ts-ignore: decorator
@inline
export function maddOf<T>(a: v128, b: v128, c: v128): v128 {
  if (sizeof<T>() === 8) return madd(a, b, c);
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function addOf<T>(a: v128, b: v128): v128 {
  return sizeof<T>() === 8 ? f64x2.add(a, b) : f32x4.add(a, b);
}

/** Adds the lanes of a vector to doubles in memory. */
// @ts-ignore: decorator
@inline
export function addDoubles<T>(target: usize, x: v128): void {
  if (sizeof<T>() === 8) {
    v128.store(target, f64x2.add(v128.load(target), x));
  } else {
    const high = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 1));
    v128.store(target, f64x2.add(v128.load(target), f64x2.promote_low_f32x4(x)));
    v128.store(target, f64x2.add(v128.load(target, 16), high), 16);
  }
}

// @ts-ignore: decorator
@inline
export function laneSum(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** The sums of both lanes of a and of b, as one vector. */
// @ts-ignore: decorator
@inline
export function pairSums(a: v128, b: v128): v128 {
  return f64x2.add(i64x2.shuffle(a, b, 0, 2), i64x2.shuffle(a, b, 1, 3));
}

export function squareSum(x: usize, count: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    s0 = madd(a, a, s0);
    s1 = madd(b, b, s1);
    x += 32;
  }
  let sum = laneSum(f64x2.add(s0, s1));
  for (; i < count; i++) {
    const a = load<f64>(x);
    sum += a * a;
    x += 8;
  }
  return sum;
}

/** x ← factor·x, singles or doubles; `count` a multiple of four. */
export function scaleOf<T>(x: usize, count: i32, factor: f64): void {
  for (const end = x + <usize>count * sizeof<T>(); x < end; x += 16) {
    if (sizeof<T>() === 8) v128.store(x, f64x2.mul(v128.load(x), f64x2.splat(factor)));
    else v128.store(x, f32x4.mul(v128.load(x), f32x4.splat(<f32>factor)));
  }
}

export function scale(x: usize, count: i32, factor: f64): void {
  const f = f64x2.splat(factor);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    v128.store(x, f64x2.mul(v128.load(x), f));
    x += 16;
  }
  if (i < count) store<f64>(x, load<f64>(x) * factor);
}

export function dot(x: usize, y: usize, count: i32): f64 {
  let s = f64x2.splat(0);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    s = madd(v128.load(x), v128.load(y), s);
    x += 16;
    y += 16;
  }
  let sum = laneSum(s);
  if (i < count) sum += load<f64>(x) * load<f64>(y);
  return sum;
}

/** Products of x with four vectors, `stride` bytes apart. */
export function dot4(x: usize, y: usize, stride: usize, count: i32, result: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const y1 = stride;
  const y2: usize = 2 * stride;
  const y3: usize = 3 * stride;
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const a = v128.load(x);
    s0 = madd(a, v128.load(y), s0);
    s1 = madd(a, v128.load(y + y1), s1);
    s2 = madd(a, v128.load(y + y2), s2);
    s3 = madd(a, v128.load(y + y3), s3);
    x += 16;
    y += 16;
  }
  if (i < count) {
    const a = v128.load64_zero(x);
    s0 = madd(a, v128.load64_zero(y), s0);
    s1 = madd(a, v128.load64_zero(y + y1), s1);
    s2 = madd(a, v128.load64_zero(y + y2), s2);
    s3 = madd(a, v128.load64_zero(y + y3), s3);
  }
  v128.store(result, pairSums(s0, s1));
  v128.store(result, pairSums(s2, s3), 16);
}

/** y ← y + factor·x */
export function axpy(x: usize, y: usize, count: i32, factor: f64): void {
  const f = f64x2.splat(factor);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    v128.store(y, madd(v128.load(x), f, v128.load(y)));
    x += 16;
    y += 16;
  }
  if (i < count) store<f64>(y, load<f64>(y) + load<f64>(x) * factor);
}

/** The same for four vectors, `stride` bytes apart, with four factors. */
export function axpy4(x: usize, y: usize, stride: usize, count: i32, factors: usize): void {
  const f0 = v128.load64_splat(factors);
  const f1 = v128.load64_splat(factors, 8);
  const f2 = v128.load64_splat(factors, 16);
  const f3 = v128.load64_splat(factors, 24);
  const y1 = stride;
  const y2: usize = 2 * stride;
  const y3: usize = 3 * stride;
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const a = v128.load(x);
    v128.store(y, madd(a, f0, v128.load(y)));
    v128.store(y + y1, madd(a, f1, v128.load(y + y1)));
    v128.store(y + y2, madd(a, f2, v128.load(y + y2)));
    v128.store(y + y3, madd(a, f3, v128.load(y + y3)));
    x += 16;
    y += 16;
  }
  if (i < count) {
    const a = v128.load64_zero(x);
    v128.store64_lane(y, madd(a, f0, v128.load64_zero(y)), 0);
    v128.store64_lane(y + y1, madd(a, f1, v128.load64_zero(y + y1)), 0);
    v128.store64_lane(y + y2, madd(a, f2, v128.load64_zero(y + y2)), 0);
    v128.store64_lane(y + y3, madd(a, f3, v128.load64_zero(y + y3)), 0);
  }
}
