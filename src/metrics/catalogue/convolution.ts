import { describe } from './describe';

const sedghi = 'Sedghi, Gupta & Long, ICLR 2019';
const singla = 'Singla & Feizi, ICLR 2021';

export const convolution = describe('spectrum', [
  [
    'conv.sigma1_fft',
    'Norm of the convolution',
    'weight',
    'Largest stretch of a whole image by the convolution, with circular padding and stride 1.',
    'max over frequencies of σ₁(F[:, :, u, v]), F = FFT of the kernel on n × n',
    'Higher means a more sensitive layer; this and not that of the reshaped kernel bounds the layer.',
    'none: depends on the kernel size',
    sedghi,
  ],
  [
    'conv.sigma1_upper',
    'Norm of the convolution at most',
    'weight',
    'Upper bound of the stretch of an image of any size and padding.',
    '√(⌈kh/sh⌉⌈kw/sw⌉)·σ₁(reshaped kernel), for stride 1 the least over the ways to unfold it',
    'The convolution certainly stretches no more.',
    'none: depends on the kernel size',
    singla,
  ],
  [
    'conv.sigma1_reshape',
    'Norm of the reshaped kernel',
    'weight',
    'Largest singular value of the kernel as a matrix of filters: what spectral normalisation divides by.',
    'σ₁(W as out × in·kh·kw)',
    'No bound of the convolution: that can stretch more.',
    'rms_σ·(1+√γ)',
    'Miyato et al., ICLR 2018',
  ],
]);
