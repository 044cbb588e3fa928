// graphile_pickup.js COUNT GAP_MS: graphile-worker idle in this process, another process adding a job now and then; the
// time from just before its INSERT to the start of the task. Prints one JSON object.
const { fork } = require("node:child_process");
const { run } = require("graphile-worker");
const { Client } = require("pg");

const now = () => Number(process.hrtime.bigint() / 1000n); // CLOCK_MONOTONIC: the same in both processes
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function insert(count, gap) {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  for (let i = 0; i < count; i++) {
    await sleep(gap + ((i * 7919) % (gap / 2 + 1)));
    await client.query("SELECT graphile_worker.add_job('stamp', json_build_object('sent', $1::bigint))", [now()]);
  }
  await client.end();
}

async function work(count, gap) {
  const samples = [];
  let finished;
  const all = new Promise((resolve) => (finished = resolve));
  const runner = await run({
    connectionString: process.env.DATABASE_URL,
    concurrency: 1,
    noHandleSignals: true,
    logger: undefined,
    taskList: {
      stamp: async ({ sent }) => {
        samples.push(now() - Number(sent));
        if (samples.length === count) finished();
      },
    },
  });
  await sleep(1000);
  fork(__filename, [count, gap, "insert"]);
  await all;
  samples.sort((a, b) => a - b);
  const at = (share) => samples[Math.min(samples.length - 1, Math.floor(share * samples.length))];
  await runner.stop();
  console.log(JSON.stringify({ pickup_p50_us: at(0.5), pickup_p99_us: at(0.99) }));
}

const [count, gap] = process.argv.slice(2, 4).map(Number);
(process.argv[4] === "insert" ? insert(count, gap) : work(count, gap)).catch((error) => {
  console.error(error);
  process.exit(1);
});
