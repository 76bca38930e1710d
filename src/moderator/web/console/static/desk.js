// On every page: the person's time zone, signs of work, keys, what was just done.
import { rememberZone } from "./zone.js";
import { showWork } from "./busy.js";
import { listen } from "./keys.js";
import { announce } from "./toasts.js";

rememberZone();
showWork();
listen();
announce();
