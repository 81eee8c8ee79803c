/** Run by the launcher as a process of its own, after the build: makes the topics every system has, or says which one is wrong. */
throw new Error('waits for @hooklane/kafka')
