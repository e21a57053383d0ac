export { fromSafetensors, SafetensorsError, toSafetensors } from './safetensors.js'
