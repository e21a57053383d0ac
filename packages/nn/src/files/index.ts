export { fromSafetensors, SafetensorsError, type SafetensorsOptions, toSafetensors } from './safetensors.js'
