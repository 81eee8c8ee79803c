export * from './attempt-result.js'
export * from './classify-response.js'
export * from './decide-disposition.js'
export { longestScheduleMs } from './retry-schedule.js'
