export * from './rule.js'
