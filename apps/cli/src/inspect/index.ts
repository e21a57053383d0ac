export { exampleNames, type InspectSettings, inspectCommand } from './inspect.js'
