// On every page: the person's time zone, signs of work, keys, what was just done, exports.
import { rememberZone } from "./zone.js";
import { showWork } from "./busy.js";
import { listen } from "./keys.js";
import { announce } from "./toasts.js";
import { watchExports } from "./exports.js";

rememberZone();
showWork();
listen();
announce();
watchExports();
