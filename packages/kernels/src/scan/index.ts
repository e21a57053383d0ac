export { type ScanKind, type ScanSpec, scan } from './scan.js'
