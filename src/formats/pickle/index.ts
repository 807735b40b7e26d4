export { type GlobalUse } from './globals';
export { type JsonLimits, keyText, toJson } from './json';
export { namesIn, unpickle, type Unpickled } from './machine';
export { alarmsOf, noticesOf } from './notices';
export * from './values';
