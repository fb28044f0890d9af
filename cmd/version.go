package cmd

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// version, commit and date are set by the linker in a release. A build from a
// checkout finds them in the module's build information.
var version, commit, date string

// versionCommand prints the version, as --version does.
type versionCommand struct{}

// Run prints the version line.
func (c *versionCommand) Run(r *run) error {
	_, err := io.WriteString(wholeLines{r.Stdout}, versionLine())
	return writeError(err)
}

// versionLine returns what --version prints: version, commit, date and platform.
func versionLine() string {
	c, d := commit, date
	if info, ok := debug.ReadBuildInfo(); ok && version == "" {
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
		versionName(), cmp.Or(c, "unknown"), cmp.Or(d, "date unknown"), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// userAgent returns the User-Agent of every request.
func userAgent() string { return "restail/" + versionName() }

// versionName returns the release, or else the module's version, or else devel.
func versionName() string {
	if info, ok := debug.ReadBuildInfo(); version == "" && ok && info.Main.Version != "(devel)" {
		return cmp.Or(info.Main.Version, "devel")
	}
	return cmp.Or(version, "devel")
}
