/**
 * The sixteen values of E2M1, the element type of MXFP4 and NVFP4, by their codes.
 *
 * @see OCP Microscaling Formats (MX) Specification v1.0, section 5.3.3
 */
export const e2m1Values: readonly number[] = [
  0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6,
];
