//go:build !windows

package auth

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// writeProgram writes a script while no child is forked: one that still has the file
// open for writing would keep it from being run.
func writeProgram(t *testing.T, name, script string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(name, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestBrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, seen := filepath.Join(dir, "a browser"), filepath.Join(dir, "seen")
	script := "#!/bin/sh\nprintf '%s|' \"$@\" >'" + seen + ".part' && mv '" + seen + ".part' '" + seen + "'\n"
	writeProgram(t, program, script)
	const to = "http://127.0.0.1/login?a=b&c=d;e"
	for variable, want := range map[string]string{
		"'" + program + "'":                       to + "|",
		"'" + program + "' --new %s --quiet":      "--new|" + to + "|--quiet|",
		"/nowhere/at/all:'" + program + "' -x":    "-x|" + to + "|",
		"'not closed::'" + program + "' --url=%s": "--url=" + to + "|",
		"false:'" + program + "' --next":          "--next|" + to + "|",
	} {
		os.Remove(seen)
		if err := Browser([]string{"BROWSER=" + variable})(to); err != nil {
			t.Errorf("%s: %v", variable, err)
			continue
		}
		got, err := os.ReadFile(seen)
		for deadline := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(deadline); got, err = os.ReadFile(seen) {
			time.Sleep(time.Millisecond)
		}
		if string(got) != want {
			t.Errorf("%s: it got %q, want %q", variable, got, want)
		}
	}
}

// TestNoBrowserFound has no program that opens a URL, one that fails, and one
// that succeeds, with a desktop and without one.
func TestNoBrowserFound(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	for _, test := range []struct {
		script, variable string
		opens            bool
	}{
		{"", "DISPLAY=:0", false},
		{"exit 3", "DISPLAY=:0", false},
		{"exit 0", "DISPLAY=:0", true},
		{"exit 0", "WAYLAND_DISPLAY=wayland-0", true},
		{"exit 0", "WSL_DISTRO_NAME=Debian", true},
		{"exit 0", "TERM=xterm", runtime.GOOS == "darwin"},
	} {
		for _, name := range []string{"xdg-open", "open"} {
			if test.script == "" {
				continue
			}
			writeProgram(t, filepath.Join(dir, name), "#!/bin/sh\n"+test.script+"\n")
		}
		err := Browser([]string{test.variable})("http://127.0.0.1/")
		if (err == nil) != test.opens || err != nil && strings.Contains(err.Error(), "127") {
			t.Errorf("with %q and %s: got %v", test.script, test.variable, err)
		}
	}
}
