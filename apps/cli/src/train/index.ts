export { defaultWorkers, MOST_WORKERS, type TrainSettings } from './settings.js'
export { trainCommand } from './train.js'
