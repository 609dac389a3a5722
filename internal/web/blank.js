// The shell of a page without one: nothing but its own modules.
import { start } from "web/mount.js"

start()
