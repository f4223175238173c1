#!/bin/sh
# The website can be made, and says so.
sh build.sh | grep '^built'
