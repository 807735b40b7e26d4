export { bytesSource, sliceSource } from './slice';
export { openZip, type ZipArchive, type ZipEntry } from './zipArchive';
