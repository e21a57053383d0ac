export { modelFor, type Params } from './model.js'
export { defaultWorkers, MOST_WORKERS, type TrainSettings } from './settings.js'
export { trainCommand } from './train.js'
