/* The dashboard as people use it: the Attics example walked through, in one browser, on one database. */
"use strict";
const { main, run_tests, test } = require("./support.js");

require("./attics.js");
require("./lists.js");
require("./forms.js");
require("./live.js");
require("./reach.js");
require("./broken.js");
require("./login.js");

main(async (world) => {
    const { app } = world;
    world.base = await app.dashboard();
    world.worker = app.start("build/bin/RunJobs");
    app.run("build/bin/Script/AddBands");
    return run_tests(world);
});
