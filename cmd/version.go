package cmd

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version, commit and date are set by the linker when a release is built; a
// build from a checkout tells them from the module's build information.
var version, commit, date string

// versionLine returns the line of --version: version, commit, date, platform.
func versionLine() string {
	v, c, d := version, commit, date
	info, _ := debug.ReadBuildInfo()
	if info != nil && v == "" {
		v = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				c = s.Value[:min(12, len(s.Value))]
			case "vcs.time":
				d = s.Value
			}
		}
	}
	return fmt.Sprintf("restail %s (commit %s, %s) %s %s/%s\n",
		cmp.Or(v, "devel"), cmp.Or(c, "unknown"), cmp.Or(d, "date unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// userAgent names the program to the service.
func userAgent() string {
	v := version
	if info, ok := debug.ReadBuildInfo(); v == "" && ok {
		v = info.Main.Version
	}
	return "restail/" + cmp.Or(v, "devel")
}
