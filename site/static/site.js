"use strict";

// A page that was opened from the disk may read no other: its search lists titles only.
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
