'use strict'
/**
 * Puts the modules of replaced-modules.json into the module cache of Node, each in the place of the module of kafkajs that it replaces.
 * Needed where kafkajs is loaded file by file. In a bundle there is no such cache: there the bundler applies the same table, and leaves
 * this file out (tools/build/patched-kafkajs.mjs).
 */
const replaced = require('./replaced-modules.json')

// The order of the table matters: the batch decoder keeps the record decoder that it finds when it is loaded.
for (const [name, replacement] of Object.entries(replaced)) {
  const path = require.resolve(name)
  require(path)
  const cached = require.cache[path]
  if (cached) cached.exports = require(replacement)
}
