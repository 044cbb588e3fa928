// graphile-worker as its own published benchmark runs it: 24 jobs at once in each of 4 processes, a local queue of 500,
// completions in batches.
module.exports = {
  worker: {
    connectionString: process.env.DATABASE_URL,
    fileExtensions: [".js"],
    concurrentJobs: 24,
    maxPoolSize: 25,
    localQueue: { size: 500, refetchDelay: { durationMs: 10 } },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
};
