import { serve } from './engine/index.js'
import { ownEngine } from './own/index.js'
import { objectives } from './suites/index.js'

await serve(ownEngine(objectives))
