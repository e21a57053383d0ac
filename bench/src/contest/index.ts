export { disagreement } from './agree.js'
export { type Peer, runContest } from './contest.js'
