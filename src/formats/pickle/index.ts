export { type GlobalUse } from './globals';
export { type JsonLimits, keyText, toJson } from './json';
export { alarmsOf, noticesOf } from './notices';
export { namesIn, unpickle } from './unpickle';
export * from './values';
