export { type PhiloxDType, type PhiloxSpec, philox } from './philox.js'
