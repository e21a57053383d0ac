export { planGraphCommand } from './graph.js'
export { type PlanSettings, planCommand } from './model.js'
