export { type RowsSpec, scatterAddRows, takeRows } from './rows.js'
