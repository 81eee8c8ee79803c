export * from './configuration-record.js'
export * from './configuration-view.js'
export { closestName } from './closest-name.js'
