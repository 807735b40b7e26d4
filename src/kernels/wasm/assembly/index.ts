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
export { largestDoubles, measureDoubles, measureFloats } from './statistics';
export { gatherDoubles, gatherFloats, takeBins } from './bins';
export { addCodeLines, countCodes16, countCodes8, takeCodes } from './codes';
export { beginLines } from './lines';
export { zeroStructure } from './zeros';
export { rankMagnitudes, sortFloats } from './sort';
export { binElements } from './refinement';
export { beginHessenberg, reduceHessenberg } from './hessenberg';
export { beginFrancis, continueFrancis } from './francis';
export { addBlockProduct, unpackRows } from './blockProduct';
