// The window on the recorded night, in the Chromium of the machine, by subject; one browser for all of them.
// Not here: the floor's own picture (floor-browser.mjs), the real window, judging how it looks (shots.mjs).
import './browser/panels.mjs';
import './browser/drag.mjs';
import './browser/journey.mjs';
import './browser/gates.mjs';
import './browser/mail.mjs';
import './browser/memory.mjs';
import './browser/roles.mjs';
import './browser/talk.mjs';
import './browser/rulebook.mjs';
import './browser/room.mjs';
