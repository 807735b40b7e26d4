export { type GlobalSeverity } from './globals';
export { type JsonLimits, keyText, toJson } from './json';
export { unpickle, type Unpickled } from './machine';
export { noticesOf } from './notices';
export * from './values';
