export { heapBase } from './memory';
export { multiplyPanels, packColumns, packRows } from './gram';
export {
  beginBand,
  finishBand,
  formUpdate,
  multiplyGroups,
  placeRows,
  reducePanel,
  updateGroups,
} from './band';
export { chase } from './chase';
export { beginEigenvalues, continueEigenvalues, readTridiagonal } from './tridiagonal';
export { measureBlocks } from './statistics';
export { addLines, decodeBrain, decodeHalf } from './lines';
export { rankMagnitudes, sortFloats } from './sort';
export { binElements } from './refinement';
export { beginHessenberg, reduceHessenberg } from './hessenberg';
export { beginFrancis, continueFrancis } from './francis';
export { addBlockProduct, unpackRows } from './blockProduct';
