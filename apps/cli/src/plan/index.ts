export { type PlanOutput, planGraphCommand, planModelCommand } from './command.js'
export { type ModelName, type ModelOptions, modelNames, models, optionNames } from './models/index.js'
