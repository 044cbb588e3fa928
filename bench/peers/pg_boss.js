// pg_boss.js fill COUNT | drain BATCH: pg-boss with one queue of no-op jobs. Its own worker polls twice a second at the
// most, so the drain is its quickest loop: fetch a batch, complete it, until the queue is empty.
const PgBoss = require("pg-boss");

const QUEUE = "no_op";

async function fill(boss, count) {
  await boss.createQueue(QUEUE);
  for (let left = count; left > 0; left -= 10000) {
    const batch = Math.min(left, 10000);
    await boss.insert(Array.from({ length: batch }, (_, i) => ({ name: QUEUE, data: { id: left - i } })));
  }
}

async function drain(boss, batchSize) {
  for (;;) {
    const jobs = await boss.fetch(QUEUE, { batchSize });
    if (jobs.length === 0) return;
    await boss.complete(QUEUE, jobs.map((job) => job.id));
  }
}

async function main(verb, number) {
  const boss = new PgBoss({ connectionString: process.env.DATABASE_URL, supervise: false, schedule: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await (verb === "fill" ? fill : drain)(boss, Number(number));
  await boss.stop({ graceful: false });
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
